//! Sentences of probe steps and errors.
//!
//! Words of a registry are quoted as they came; the layer `registry` has cut them and taken their
//! control characters out.

use std::{fmt, time::Duration};

use super::{AuthMethod, ImageManifest, ProbeError, ProbeStep, Refusal, StepResult, Unencrypted};

impl ProbeStep {
    /// The result or error of the step, in one clause.
    pub fn detail(&self) -> String {
        let host = &self.host;
        match &self.outcome {
            Ok(StepResult::Addresses(addresses)) => {
                let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                format!("{host} is {}", list.join(", "))
            }
            Ok(found) => found.to_string(),
            Err(failure) => format!("{host}: {failure}"),
        }
    }
}

impl fmt::Display for StepResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses(addresses) => write!(f, "{} addresses", addresses.len()),
            Self::Connected(address) => write!(f, "connected to {address}"),
            Self::ProxyConnected { to } => write!(f, "the proxy connected to {to}"),
            Self::Encrypted { protocol } => {
                write!(f, "{protocol}, certificate trusted and valid for the host")
            }
            Self::Unencrypted(Unencrypted::Loopback) => {
                f.write_str("plain HTTP, which runtimes allow for loopback hosts")
            }
            Self::Unencrypted(Unencrypted::Chosen) => f.write_str("plain HTTP, as requested"),
            Self::Login(AuthMethod::Open) => f.write_str("no login required"),
            Self::Login(AuthMethod::Basic) => f.write_str("requires user name and password"),
            Self::Login(AuthMethod::Bearer { realm }) => write!(f, "requires a token from {realm}"),
            Self::SignedIn => f.write_str("user name and password accepted"),
            Self::Token { lives: None } => f.write_str("got a token"),
            Self::Token { lives: Some(lives) } => {
                write!(f, "got a token for {}", HumanDuration(*lives))
            }
            Self::Manifest(manifest) => manifest.fmt(f),
        }
    }
}

impl fmt::Display for ImageManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.digest {
            Some(digest) => f.write_str(digest)?,
            None => f.write_str("found")?,
        }
        if !self.platforms.is_empty() {
            let list: Vec<_> = self.platforms.iter().map(ToString::to_string).collect();
            write!(f, " for {}", list.join(", "))?;
        }
        match &self.pulls_left {
            Some(left) => write!(f, " (pulls left: {left})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownHost => f.write_str("no such host"),
            Self::DnsTimeout => f.write_str("no DNS server answered"),
            Self::Refused => f.write_str("connection refused"),
            Self::NoRoute => f.write_str("no route to host"),
            Self::Reset => f.write_str("connection closed by the server"),
            Self::Timeout(limit) => write!(f, "no answer within {}", HumanDuration(*limit)),
            Self::DeadlineExceeded(limit) => {
                write!(f, "test stopped after {}", HumanDuration(*limit))
            }
            Self::UntrustedCa => f.write_str("x509: the CA is not trusted on this machine"),
            Self::WrongName { presented } if presented.is_empty() => {
                f.write_str("x509: the certificate is for another name")
            }
            Self::WrongName { presented } => {
                write!(f, "x509: the certificate is for {}", presented.join(", "))
            }
            Self::CertificateExpired => f.write_str("x509: the certificate has expired"),
            Self::CertificateNotYetValid => f.write_str("x509: the certificate is not valid yet"),
            Self::ProxyRefuses(answer) => write!(f, "the proxy refused: {answer}"),
            Self::SpeaksPlainHttp => f.write_str("speaks plain HTTP instead of HTTPS"),
            Self::SpeaksTls => f.write_str("speaks HTTPS instead of plain HTTP"),
            Self::Handshake(why) => write!(f, "TLS handshake failed: {why}"),
            Self::NotHttp(why) => write!(f, "not an HTTP response: {why}"),
            Self::HeadTooLarge => f.write_str("response headers too large"),
            Self::TooManyInformational => f.write_str("only informational responses (1xx)"),
            Self::BodyTooLarge { limit } => {
                write!(f, "response larger than {} KiB", limit / 1024)
            }
            Self::Unreadable(why) => write!(f, "cannot read the response: {why}"),
            Self::TooManyRedirects => f.write_str("too many redirects"),
            Self::BadRedirect { to } => write!(f, "redirects to {to} (not followed)"),
            Self::NoChallenge => f.write_str("requires a login but does not say how"),
            Self::ForeignRealm { realm } => {
                write!(
                    f,
                    "requires a login at {realm}; the credential was not sent there"
                )
            }
            Self::UntrustedRealm { realm } => {
                write!(f, "requires a token from {realm}, which was not asked")
            }
            Self::InternalAddress { host, address } => {
                write!(f, "refers to {host} at {address}, not a public address")
            }
            Self::Refusal(refusal) => refusal.fmt(f),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        if !self.codes.is_empty() {
            write!(f, " {}", self.codes.join(" "))?;
        }
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        match self.retry_after {
            Some(wait) => write!(f, " (try again in {})", HumanDuration(wait)),
            None => Ok(()),
        }
    }
}

/// Formats a duration: `3 minutes`.
struct HumanDuration(Duration);

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match (seconds, self.0.subsec_millis()) {
            (0, milliseconds) => write!(f, "{milliseconds} ms"),
            (1..120, _) => write!(f, "{seconds} s"),
            (120..7200, _) => write!(f, "{} min", seconds / 60),
            _ => write!(f, "{} h", seconds / 3600),
        }
    }
}
