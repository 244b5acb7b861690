//! Phrases of refusals that state a reason for which no login helps.
//!
//! Only lists: GitHub (organizations), Azure, Harbor, JFrog, Google, IBM, Alibaba Cloud and Docker Hub print them.

#[rustfmt::skip]
pub(super) const ADDRESS_BLOCKED: &[&str] = &[
    "client with IP", "IP allow list", "IP address is not permitted", "IP is not allowed", "IP not allowed",
    "IP address is not allowed", "IP address is blocked", "from your IP",
];

#[rustfmt::skip]
pub(super) const CONTENT_BLOCKED: &[&str] = &[
    "cannot be pulled due to", "download blocking policy", "blocked by Xray", "ProjectPolicyViolation",
    "blocked by curation",
];

#[rustfmt::skip]
pub(super) const ACCOUNT_BLOCKED: &[&str] = &[
    "not been used in project", "requires billing to be enabled", "billing account", "payment required", "overdue payment",
    "account has been suspended", "account is suspended", "account suspended", "account is locked", "account has been locked", "account locked",
    "frozen account", "account is frozen", "account has been disabled", "account is disabled", "account disabled",
    "account deactivated", "account is deactivated", "account has been deactivated", "traffic quota", "transfer quota",
    "quota exceeded", "quota has been exceeded", "quota is exceeded", "exceeded your quota", "exceeded the quota", "over quota", "registry is disabled", "namespace has been disabled",
    "instance has been suspended", "subscription has expired", "subscription is disabled",
];

#[rustfmt::skip]
pub(super) const LEGAL_BLOCK: &[&str] = &["legal reasons", "export control"];

#[rustfmt::skip]
pub(super) const SINGLE_SIGN_ON: &[&str] = &["SAML"];

#[rustfmt::skip]
pub(super) const RETIRED: &[&str] = &["Container Registry is deprecated", "Container Registry is shut down", "registry has been shut down"];
