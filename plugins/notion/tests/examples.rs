//! The examples of the plugin fit its manifest.

#[test]
fn the_arguments_of_examples_match_the_manifest() {
    baton_tests::plugin_examples::assert_examples_fit("notion");
}
