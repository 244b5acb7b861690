//! Identifiers and labels of form fields.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldId {
    Namespace,
    Image,
    /// One of the tags that the registry has.
    Tag,
    /// Which of several credentials.
    Credential,
    /// Where the credential comes from.
    Source,
    File,
    Variable,
    FromSecret,
    Server,
    Username,
    Token,
    Secret,
    Account,
    Deployment,
    Replicas,
    Port,
    Policy,
    /// Secrets that get the new credential, or that an account lists.
    Secrets,
    Namespaces,
    /// What becomes of what is there already.
    Existing,
    Accounts,
    Restart,
    /// The name of what is deleted, once more.
    Confirm,
    Format,
    Destination,
}

impl FieldId {
    pub fn label(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::Image => "Image",
            Self::Tag => "Tag",
            Self::Credential | Self::Source => "Credential",
            Self::File => "File",
            Self::Variable => "Variable",
            Self::FromSecret => "From Secret",
            Self::Server => "Registry",
            Self::Username => "User",
            Self::Token => "Token",
            Self::Secret => "Secret",
            Self::Account => "ServiceAccount",
            Self::Deployment => "Deployment",
            Self::Replicas => "Replicas",
            Self::Port => "Port",
            Self::Policy => "Pull policy",
            Self::Secrets => "Secrets",
            Self::Namespaces => "Namespaces",
            Self::Existing => "If it exists",
            Self::Accounts => "ServiceAccounts",
            Self::Restart => "Restart",
            Self::Confirm => "Name",
            Self::Format => "As",
            Self::Destination => "To",
        }
    }

    pub fn is_masked(self) -> bool {
        self == Self::Token
    }

    /// The part of a pasted text that belongs into the field: no blanks around it, and for an image no URL scheme,
    /// because image references are copied from the address bar.
    pub fn trim_pasted(self, text: &str) -> &str {
        let text = text.trim();
        if self != Self::Image {
            return text;
        }
        let without = |scheme: &str| {
            let head = text.get(..scheme.len())?;
            let tail = text.get(scheme.len()..)?;
            head.eq_ignore_ascii_case(scheme)
                .then(|| tail.trim_end_matches('/'))
        };
        without("https://")
            .or_else(|| without("http://"))
            .unwrap_or(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_text_loses_its_blanks_and_only_an_image_its_scheme() {
        for (field, pasted, expected) in [
            (
                FieldId::Image,
                " https://docker.io/x/y:1\n",
                "docker.io/x/y:1",
            ),
            (
                FieldId::Image,
                "HTTP://localhost:5000/x/",
                "localhost:5000/x",
            ),
            (
                FieldId::Image,
                "https:/\u{5d0}\u{5d1}",
                "https:/\u{5d0}\u{5d1}",
            ),
            (FieldId::Image, "docker.io/x", "docker.io/x"),
            (
                FieldId::Server,
                "https://index.docker.io/v1/ ",
                "https://index.docker.io/v1/",
            ),
            (FieldId::Token, "\t dckr_pat_1 \r\n", "dckr_pat_1"),
        ] {
            assert_eq!(field.trim_pasted(pasted), expected, "{pasted:?}");
        }
    }
}
