//! The one `bindgen!` of the host side: what `wit/` says, as Rust. Nothing is written by hand here.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "plugin",
    imports: {
        // These wait for a disk or a process, and must not hold up the runtime.
        "baton:plugin/sql": async | trappable,
        "baton:plugin/git": async | trappable,
        "baton:plugin/fingerprint": async | trappable,
        "baton:plugin/ledger": async | trappable,
        "baton:plugin/claims": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "baton:plugin/sql.cursor": crate::capabilities::sql::Cursor,
        "baton:plugin/sql.snapshot": crate::capabilities::sql::Snapshot,
        "baton:plugin/claims.claim": crate::capabilities::locks::Lock,
    },
    additional_derives: [PartialEq, Clone],
});
