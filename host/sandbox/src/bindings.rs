//! The only `bindgen!` call of the host. It generates Rust from the interfaces of `wit/`; there is no other code here.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "plugin",
    imports: {
        // These functions never block. All others are async, because they may wait for a disk or a process.
        "baton:plugin/progress": trappable,
        "baton:plugin/handoffs": trappable,
        "baton:plugin/evidence": trappable,
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
