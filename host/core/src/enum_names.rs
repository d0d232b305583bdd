//! The names of an enum's values, for files, databases and commands.

/// A text that is not the name of a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {kind} `{name}`")]
pub struct UnknownName {
    /// The noun for the values of the enum.
    pub kind: &'static str,
    /// The text.
    pub name: String,
}

/// Gives an enum the constant `ALL` (in the order of this table), `as_str`, `Display`, and `FromStr` with [`UnknownName`]:
/// `names!(Window, "window", Hour = "hour", Day = "day")`. `FromStr` also reads former names: `Hour = "hour" | "60m"`.
#[macro_export]
macro_rules! names {
    ($type:ident, $kind:literal, $($value:ident = $name:literal $(| $former:literal)*),+ $(,)?) => {
        impl $type {
            /// Every value.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$value),+];

            /// The public name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $($name $(| $former)* => Ok(Self::$value),)+
                    _ => Err($crate::UnknownName { kind: $kind, name: name.to_owned() }),
                }
            }
        }
    };
}
