//! The sentences of steps and failures.
//!
//! Words of a registry are quoted as they came; the layer `registry` has cut them and taken their
//! control characters out.

use std::{fmt, time::Duration};

use super::{AuthMethod, ImageManifest, ProbeError, ProbeStep, Refusal, StepResult, Unencrypted};

impl ProbeStep {
    /// What the step found, or how it failed, in one clause.
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
            Self::ProxyConnected { to } => write!(f, "the proxy leads on to {to}"),
            Self::Encrypted { protocol } => {
                write!(
                    f,
                    "{protocol}, the certificate is trusted and names the host"
                )
            }
            Self::Unencrypted(Unencrypted::Loopback) => {
                f.write_str("plain HTTP, as runtimes allow to a loopback host")
            }
            Self::Unencrypted(Unencrypted::Chosen) => f.write_str("plain HTTP, as chosen"),
            Self::Login(AuthMethod::Open) => f.write_str("the registry asks for no login"),
            Self::Login(AuthMethod::Basic) => f.write_str("wants a user name and a password"),
            Self::Login(AuthMethod::Bearer { realm }) => write!(f, "wants a token from {realm}"),
            Self::SignedIn => f.write_str("user name and password are accepted"),
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
            Self::DnsTimeout => f.write_str("no name server answered"),
            Self::Refused => f.write_str("connection refused"),
            Self::NoRoute => f.write_str("no route to the host"),
            Self::Reset => f.write_str("the connection was closed by the other side"),
            Self::Timeout(limit) => write!(f, "no answer within {}", HumanDuration(*limit)),
            Self::UntrustedCa => {
                f.write_str("the certificate is signed by an authority that is not trusted here")
            }
            Self::WrongName { presented } if presented.is_empty() => {
                f.write_str("the certificate is for another name")
            }
            Self::WrongName { presented } => {
                write!(f, "the certificate is for {}", presented.join(", "))
            }
            Self::CertificateExpired => f.write_str("the certificate has expired"),
            Self::CertificateNotYetValid => f.write_str("the certificate is not valid yet"),
            Self::ProxyRefuses(answer) => write!(f, "the proxy does not lead on: {answer}"),
            Self::SpeaksPlainHttp => f.write_str("speaks plain HTTP where TLS is wanted"),
            Self::SpeaksTls => f.write_str("speaks TLS where plain HTTP was tried"),
            Self::Handshake(why) => write!(f, "the TLS handshake failed: {why}"),
            Self::NotHttp(why) => write!(f, "the answer is no HTTP: {why}"),
            Self::HeadTooLarge => f.write_str("the head of the answer is too large"),
            Self::BodyTooLarge { limit } => {
                write!(f, "the answer is larger than {} KiB", limit / 1024)
            }
            Self::Unreadable(why) => write!(f, "the answer cannot be read: {why}"),
            Self::TooManyRedirects => f.write_str("redirects without end"),
            Self::BadRedirect { to } => write!(f, "redirects to {to}, which is not followed"),
            Self::NoChallenge => f.write_str("asks for a login and does not say which"),
            Self::ForeignRealm { realm } => {
                write!(
                    f,
                    "wants the login at {realm}; the credential was not sent there"
                )
            }
            Self::Refusal(refusal) => refusal.fmt(f),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "answered {}", self.status)?;
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
