//! End-to-end tests: the real program on real folders. They are one binary, because linking takes most of the build time.
//!
//! Each module tests one subject, which its first line states. Tests wait by polling, so that they do not depend on speed.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod adoption;
#[cfg(test)]
mod arguments;
#[cfg(test)]
mod audit_command;
#[cfg(test)]
mod audit_in_git;
#[cfg(test)]
mod audit_loop;
#[cfg(test)]
mod audit_phrasings;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bad_plugins;
mod budgets;
#[cfg(test)]
mod catalog_command;
#[cfg(test)]
mod catalog_review;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod coding_agents;
#[cfg(test)]
mod command_agents;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod control;
#[cfg(test)]
mod corpora;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod databases;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod djay;
#[cfg(test)]
mod djay_removed;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod downloads;
#[cfg(test)]
mod drive_account;
#[cfg(test)]
mod drive_sync;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod failpoints;
#[cfg(test)]
mod file_links;
#[cfg(test)]
mod fingerprint_capability;
#[cfg(test)]
mod fingerprint_command;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod generated_docs;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod handoff_lifecycle;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostile_net;
mod idle_daemon;
#[cfg(test)]
mod importers;
#[cfg(test)]
mod large_codebooks;
#[cfg(test)]
mod large_files;
#[cfg(test)]
mod layering;
#[cfg(test)]
mod ledger_capability;
#[cfg(test)]
mod ledger_command;
#[cfg(test)]
mod leftovers;
#[cfg(test)]
mod library;
#[cfg(test)]
mod library_sync;
#[cfg(test)]
mod locked_ledger;
#[cfg(test)]
mod locks;
#[cfg(test)]
mod lost_ledger;
#[cfg(test)]
mod many_files;
#[cfg(test)]
mod many_tasks;
#[cfg(test)]
mod module_cycles;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod notion;
#[cfg(test)]
mod notion_publish;
#[cfg(test)]
mod obligations;
#[cfg(test)]
mod oci;
#[cfg(test)]
mod oci_clients;
#[cfg(test)]
mod oci_tokens;
#[cfg(test)]
mod old_ledger;
#[cfg(test)]
mod online_commands;
#[cfg(test)]
mod operator_hosts;
#[cfg(test)]
mod organise;
mod outcomes;
#[cfg(test)]
mod plugin_compile;
#[cfg(test)]
mod plugin_languages;
#[cfg(test)]
mod plugin_names;
#[cfg(test)]
mod plugin_new;
mod plugin_outcomes;
#[cfg(test)]
mod plugin_requests;
#[cfg(test)]
mod plugin_sources;
#[cfg(test)]
mod plugin_test;
#[cfg(test)]
mod plugin_types;
mod plugin_views;
#[cfg(test)]
mod plugin_words;
#[cfg(test)]
mod plugins;
#[cfg(test)]
mod prune_command;
#[cfg(test)]
mod read_only;
#[cfg(test)]
mod readme_commands;
#[cfg(test)]
mod replaced_files;
#[cfg(test)]
mod repositories;
#[cfg(test)]
mod restore_command;
#[cfg(test)]
mod restored_folders;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod salvage;
#[cfg(test)]
mod scarce_system;
#[cfg(test)]
mod secret_command;
#[cfg(test)]
mod secret_leaks;
#[cfg(test)]
mod service;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod silent_returns;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod spotify;
#[cfg(test)]
mod spotify_account;
#[cfg(test)]
mod spotify_changes;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod status_command;
#[cfg(test)]
mod storm;
#[cfg(test)]
mod tampered_ledger;
#[cfg(test)]
mod tampered_state;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod torn_writes;
#[cfg(test)]
mod track_workflow;
#[cfg(test)]
mod tracker;
#[cfg(test)]
mod triggers;
#[cfg(all(test, target_os = "linux"))]
mod unchanged_files;
#[cfg(test)]
mod waiting_files;
#[cfg(test)]
mod wit_versions;
