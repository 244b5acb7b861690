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
}
