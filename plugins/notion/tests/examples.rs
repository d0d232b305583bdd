//! The examples of the plugin fit its manifest.

#[test]
fn their_arguments_are_as_the_manifest_says() {
    baton_tests::plugin_examples::assert_examples_fit("notion");
}
