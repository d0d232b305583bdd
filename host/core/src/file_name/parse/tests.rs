//! The forms of names in a table, one row for each form.

use proptest::prelude::*;

use super::*;

/// The parts of a parsed name in one line.
fn line(name: &str) -> String {
    let read = parse(name);
    let about = read.about.iter().map(|about| format!("{} {}", about.made_at, about.kind)).collect::<Vec<_>>();
    let parts = [
        ("moved", read.moved_at.map(|at| at.to_string())),
        ("made", read.made_at.map(|at| at.to_string())),
        ("day", read.made_on.map(|day| day.to_string())),
        ("clash", read.clashed_at.map(|at| at.to_string())),
        ("parked", read.parked_on.map(|day| day.to_string())),
        ("kind", read.kind),
        ("about", (!about.is_empty()).then(|| about.join(", "))),
        ("title", read.title),
        ("sender", read.sender),
        ("agent", read.agent),
        ("token", read.token),
        ("tail", read.tail),
        ("decorations", (!read.decorations.is_empty()).then(|| read.decorations.join(" "))),
    ];
    parts
        .into_iter()
        .filter_map(|(what, value)| value.map(|value| format!("{what}={value}")))
        .collect::<Vec<_>>()
        .join(" | ")
}

#[track_caller]
fn reads(rows: &[(&str, &str)]) {
    for (name, read) in rows {
        assert_eq!(line(name), *read, "{name}");
    }
}

#[test]
fn the_canonical_form_with_each_tail_and_extension() {
    let made = "made=2026-03-04T05:06:07Z | kind=HANDOFF | title=Mend the pump";
    reads(&[
        (
            "20260304T050607Z__HANDOFF__Mend-the-pump__Claude-Code-Agent.json",
            &format!("{made} | agent=Claude-Code-Agent | tail=Claude-Code-Agent"),
        ),
        (
            "20260304T050607Z__HANDOFF__Mend-the-pump__claude-opus.md",
            &format!("{made} | agent=claude-opus | tail=claude-opus"),
        ),
        ("20260304T050607Z__HANDOFF__Mend-the-pump__0a1b2c3d", &format!("{made} | token=0a1b2c3d | tail=0a1b2c3d")),
        (
            "20260304T050607Z__HANDOFF__Mend-the-pump__0a1b2c3d4e5f6071.MARKDOWN",
            &format!("{made} | token=0a1b2c3d4e5f6071 | tail=0a1b2c3d4e5f6071"),
        ),
        (
            "20260304T050607Z__HANDOFF__Mend-the-pump__0a1b2c3d__audit.json",
            &format!("{made} | agent=audit | token=0a1b2c3d | tail=audit"),
        ),
        ("20260304T050607Z__HANDOFF__Mend-the-pump__URGENT.json", &format!("{made} | tail=URGENT")),
        ("20260304T050607Z__HANDOFF__Mend_the_pump.md", made),
        (
            "20260304T050607Z__HANDOFF__Mend:-the-&-pump__0a1b2c3d.json",
            "made=2026-03-04T05:06:07Z | kind=HANDOFF | title=Mend: the & pump | token=0a1b2c3d | tail=0a1b2c3d",
        ),
    ]);
}

#[test]
fn kinds_with_hyphens_digits_and_none() {
    reads(&[
        (
            "20260304T050607Z__HUMAN-ACTION__Turn-the-key__0a1b2c3d.json",
            "made=2026-03-04T05:06:07Z | kind=HUMAN-ACTION | title=Turn the key | token=0a1b2c3d | tail=0a1b2c3d",
        ),
        (
            "20260304T050607Z__PHASE2_REVIEW__Turn-the-key__Codex-MM1.json",
            "made=2026-03-04T05:06:07Z | kind=PHASE2_REVIEW | title=Turn the key | agent=Codex-MM1 | tail=Codex-MM1",
        ),
        (
            "20260304T050607Z__RETURN_HANDOFF__Key-turned__0a1b2c3d.json",
            "made=2026-03-04T05:06:07Z | kind=RETURN_HANDOFF | title=Key turned | token=0a1b2c3d | tail=0a1b2c3d",
        ),
        (
            "20260304T050607Z__Turn-the-key__Codex-MM1.md",
            "made=2026-03-04T05:06:07Z | title=Turn the key | agent=Codex-MM1 | tail=Codex-MM1",
        ),
        // A part in capitals is a title if only a tail follows it.
        (
            "20260304T050607Z__PUMP_MENDED__0a1b2c3d.json",
            "made=2026-03-04T05:06:07Z | title=PUMP MENDED | token=0a1b2c3d | tail=0a1b2c3d",
        ),
        (
            "20260304T050607Z__HANDOFF__PUMP_MENDED__Claude-Code.json",
            "made=2026-03-04T05:06:07Z | kind=HANDOFF | title=PUMP MENDED | agent=Claude-Code | tail=Claude-Code",
        ),
        ("OPEN_WORK__Agent-Tasks.json", "title=OPEN WORK | tail=Agent-Tasks"),
        ("HANDOFF.json", "title=HANDOFF"),
    ]);
}

#[test]
fn move_times_and_dates() {
    reads(&[
        (
            "20260304T050607__20260304T110607Z__REVIEW__Pump__0a1b2c3d.json",
            "moved=2026-03-04T05:06:07 | made=2026-03-04T11:06:07Z | kind=REVIEW | title=Pump | token=0a1b2c3d | tail=0a1b2c3d",
        ),
        (
            "20260304T060000__20260304T050607__20260304T110607Z__REVIEW__Pump__Codex.json",
            "moved=2026-03-04T06:00:00 | made=2026-03-04T11:06:07Z | kind=REVIEW | title=Pump | agent=Codex | tail=Codex",
        ),
        (
            "20260304T050607__20260303__HANDOFF__Mend-the-pump.json",
            "moved=2026-03-04T05:06:07 | day=2026-03-03 | kind=HANDOFF | title=Mend the pump",
        ),
        (
            "20260304T050607__20260303_101112__PUMP_WORK__Mended__Claude-Code.json",
            "moved=2026-03-04T05:06:07 | day=2026-03-03 | kind=PUMP_WORK | title=Mended | agent=Claude-Code | tail=Claude-Code",
        ),
        (
            "20260304T050607__HANDOFF__Codex-MM1__Mend-the-pump__20260303T101112Z.md",
            "moved=2026-03-04T05:06:07 | made=2026-03-03T10:11:12Z | kind=HANDOFF | title=Mend the pump | agent=Codex-MM1",
        ),
        (
            "20260304T050607__mend-the-pump-20260303.json",
            "moved=2026-03-04T05:06:07 | day=2026-03-03 | title=mend the pump",
        ),
        ("mend_the_pump_2026-03-03.md", "day=2026-03-03 | title=mend the pump"),
        (
            "20260303T101112Z__Mend-the-pump__Codex-Task_20260303_101112.md",
            "made=2026-03-03T10:11:12Z | day=2026-03-03 | title=Mend the pump | agent=Codex-Task | tail=Codex-Task",
        ),
        ("20260303T101112Z_mend-the-pump.json", "made=2026-03-03T10:11:12Z | title=mend the pump"),
    ]);
}

#[test]
fn decorations_dead_letters_and_clashes() {
    let read = "made=2026-03-04T05:06:07Z";
    let rest = "kind=HANDOFF | title=Mend the pump | token=0a1b2c3d | tail=0a1b2c3d";
    let name = "20260304T050607Z__HANDOFF__Mend-the-pump__0a1b2c3d";
    for decoration in ["SUPERSEDED", "STALE", "PROCESSED", "ALREADY_FIXED_20260305T000000Z", "BLOCKED_NO_WATER"] {
        assert_eq!(line(&format!("{name}__{decoration}.json")), format!("{read} | {rest} | decorations={decoration}"));
    }
    let clash = "clash=2026-03-05T00:00:00Z";
    reads(&[
        (
            &format!("20260306T070809__MAXRETRY__{name}__RETRY3__20260306.json"),
            &format!("moved=2026-03-06T07:08:09 | {read} | parked=2026-03-06 | {rest} | decorations=MAXRETRY RETRY3"),
        ),
        (&format!("{name}__STALE__SUPERSEDED.json"), &format!("{read} | {rest} | decorations=STALE SUPERSEDED")),
        (&format!("{name}__20260305T000000Z__STALE.json"), &format!("{read} | {clash} | {rest} | decorations=STALE")),
        (
            "20260304T050607Z__HANDOFF__Mend-the-pump__20260305T000000Z__0a1b2c3d.json",
            &format!("{read} | {clash} | {rest}"),
        ),
        (
            "20260304T050607Z__HANDOFF__20260305T000000Z__Mend-the-pump.json",
            &format!("{read} | {clash} | kind=HANDOFF | title=Mend the pump"),
        ),
        (
            "20260306T070809__MAXRETRY__MEND_the_pump_2026-03-04__RETRY3__20260306.md",
            "moved=2026-03-06T07:08:09 | day=2026-03-04 | parked=2026-03-06 | title=MEND the pump | decorations=MAXRETRY RETRY3",
        ),
    ]);
}

#[test]
fn nested_names_keep_the_outer_time_and_kind() {
    reads(&[
        (
            "20260304T050607__20260304T110607Z__HANDOFF__20260303T000000Z__CRITICAL__Pump-is-br__0a1b2c3d.json",
            "moved=2026-03-04T05:06:07 | made=2026-03-04T11:06:07Z | kind=HANDOFF | about=2026-03-03T00:00:00Z CRITICAL | title=Pump is br | token=0a1b2c3d | tail=0a1b2c3d",
        ),
        (
            "20260304T110607Z__HANDOFF__20260303T000000Z__HANDOFF__20260302T000000Z__RETURN__Pump__Codex.json",
            "made=2026-03-04T11:06:07Z | kind=HANDOFF | about=2026-03-03T00:00:00Z HANDOFF, 2026-03-02T00:00:00Z RETURN | title=Pump | agent=Codex | tail=Codex",
        ),
    ]);
}

#[test]
fn agents_before_the_title_and_generated_names() {
    reads(&[
        (
            "20260304T050607Z__HANDOFF__Codex-MM1__Mend-the-pump__Claude-MM1.json",
            "made=2026-03-04T05:06:07Z | kind=HANDOFF | title=Mend the pump | sender=Codex-MM1 | agent=Claude-MM1 | tail=Claude-MM1",
        ),
        (
            "20260304T050607__HANDOFF__Codex-MM1__Claude-MM1__Mend-the-pump__20260303T101112Z.md",
            "moved=2026-03-04T05:06:07 | made=2026-03-03T10:11:12Z | kind=HANDOFF | title=Mend the pump | sender=Codex-MM1 | agent=Claude-MM1",
        ),
        (
            "20260304T050607Z__HANDOFF__Cursor-Pump-Plan__0a1b2c3d.json",
            "made=2026-03-04T05:06:07Z | kind=HANDOFF | title=Cursor Pump Plan | token=0a1b2c3d | tail=0a1b2c3d",
        ),
        ("task-0a1b2c3d-1767225600000.md", "made=2026-01-01T00:00:00Z | token=0a1b2c3d"),
        (
            "20260304T050607__task-0a1b2c3d-1767225600000.md",
            "moved=2026-03-04T05:06:07 | made=2026-01-01T00:00:00Z | token=0a1b2c3d",
        ),
        (
            "agent-task-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-20260101T000000Z.json",
            "made=2026-01-01T00:00:00Z | token=0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
        ),
        (
            "agent-task-0a1b2c3d4e5f60718293a4b5c6d7e8f9-1767225600.json",
            "made=2026-01-01T00:00:00Z | token=0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        ),
        ("task-list-of-today.md", "title=task list of today"),
    ]);
}

#[test]
fn names_in_unknown_forms_have_only_a_title() {
    reads(&[
        ("", ""),
        ("__", ""),
        ("____.json", ""),
        ("a", "title=a"),
        (".json", ""),
        ("STALE.json", "title=STALE"),
        ("é.json", "title=é"),
    ]);
    assert_eq!(line("20260304T050607__20260304T110607Z.json"), "moved=2026-03-04T05:06:07 | made=2026-03-04T11:06:07Z");
}

/// A part that may be anywhere in a name.
fn part() -> impl Strategy<Value = String> {
    let words =
        ["HANDOFF", "RETURN", "MAXRETRY", "RETRY3", "STALE", "BLOCKED_X", "20260303", "20260303_101112", "0a1b2c3d"];
    let more = ["20260303T101112Z", "20260303T101112", "Claude-MM1", "Mend-the-pump", "task-0a1b2c3d-1", "", "_"];
    prop_oneof![prop::sample::select([words.as_slice(), more.as_slice()].concat()).prop_map(str::to_owned), ".{0,12}"]
}

proptest! {
    #[test]
    fn any_name_is_parsed_without_a_panic_and_without_invented_parts(parts in prop::collection::vec(part(), 0..12), ending in "(\\.json|\\.md|)") {
        let name = parts.join("__") + &ending;
        let read = parse(&name);
        for word in [&read.kind, &read.sender, &read.agent, &read.token, &read.tail].into_iter().flatten().chain(&read.decorations) {
            prop_assert!(name.contains(word.as_str()), "{word} is not in {name}");
        }
        let title = read.title.unwrap_or_default();
        prop_assert!(title.split(' ').all(|word| name.contains(word)), "{title} is not in {name}");
        prop_assert!(title.len() <= name.len());
    }

    #[test]
    fn a_move_time_before_a_name_changes_nothing_else(parts in prop::collection::vec(part(), 1..6)) {
        let name = format!("20260303T101112Z__HANDOFF__{}", parts.join("__"));
        let mut moved = parse(&format!("20260304T050607__{name}.json"));
        prop_assert!(moved.moved_at.take().is_some());
        prop_assert_eq!(moved, parse(&format!("{name}.json")));
    }
}

#[test]
fn the_time_for_a_very_long_name_is_linear() {
    for part in ["20260303T101112Z__", "HANDOFF__", "20260303T101112Z__HANDOFF__", "STALE__", "_", "a-", "Claude-MM1__"]
    {
        let _ = parse(&part.repeat(200_000));
    }
}
