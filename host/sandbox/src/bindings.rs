//! The one `bindgen!` of the host side: what `wit/` says, as Rust. Nothing is written by hand here.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "plugin",
    imports: { default: trappable },
    exports: { default: async },
    additional_derives: [PartialEq, Clone],
});
