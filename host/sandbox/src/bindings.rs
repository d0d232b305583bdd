//! The one `bindgen!` of the host: the interfaces of `wit/` as Rust. Nothing is written by hand here.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "plugin",
    imports: {
        // These never wait. The others may wait for a disk or a process, and must not hold up the runtime.
        "baton:plugin/progress": trappable,
        "baton:plugin/handoffs": trappable,
        "baton:plugin/http": trappable,
        "baton:plugin/secrets": trappable,
        "baton:plugin/watch": trappable,
        default: async | trappable,
    },
    exports: { default: async },
    with: {
        "baton:plugin/sql.cursor": crate::capabilities::sql::Cursor,
        "baton:plugin/sql.snapshot": crate::capabilities::sql::Snapshot,
        "baton:plugin/locks.lock": crate::capabilities::locks::Lock,
    },
    additional_derives: [PartialEq, Clone],
});
