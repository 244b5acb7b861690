//! What a demonstration's world is about: told above the keys, and announced at the start.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoIntro {
    pub title: String,
    /// Paragraphs, with an empty line between them.
    pub text: String,
}
