//! The guest bindings, generated from `wit/`.
#![expect(clippy::pedantic, reason = "generated")]

wit_bindgen::generate!({
    path: "../../wit",
    world: "plugin",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export_handler",
    additional_derives: [PartialEq, Clone],
});
