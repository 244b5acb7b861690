//! Introduction text of a demo scenario.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoIntro {
    pub title: String,
    /// Paragraphs, with an empty line between them.
    pub text: String,
}
