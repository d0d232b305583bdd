//! The examples of the plugin fit its manifest.

#[test]
fn example_arguments_match_the_manifest() {
    baton_tests::plugin_examples::assert_examples_fit("music-files");
}
