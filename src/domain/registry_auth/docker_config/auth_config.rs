//! Parses one key of `auths`: its fields, `auth`, and the kubelet's errors.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{
    AuthConfig, AuthProblem, ConfigErrorKind,
    base64::{CorruptInputError, decode_auth},
    json::{Cursor, Shape, same_field},
    problem::missing_login,
};
use crate::domain::registry_auth::credential::{
    Password, is_encoded_token, is_truncated_robot_name,
};

/// Go's type name of an entry, as in its error messages.
pub(super) const ENTRY: &str = "credentialprovider.dockerConfigEntryWithAuth";

impl AuthConfig {
    /// Why no login is sent for this entry; `None` when one is.
    pub fn missing_login(&self) -> Option<AuthProblem> {
        missing_login(&self.problems)
    }
}

/// The Go struct that an entry is read into; part of the error texts.
#[derive(Clone, Copy)]
pub(super) enum Within {
    Auths,
    Top,
}

/// The fields of an entry before `auth` is decoded.
#[derive(Default)]
pub(super) struct RawAuthConfig {
    username: Zeroizing<String>,
    password: Zeroizing<String>,
    auth: Zeroizing<String>,
    ignored_token: bool,
    fault: Option<AuthError>,
}

pub(super) enum AuthError {
    NotAnObject(Shape),
    Field(&'static str, Shape),
    Auth(ConfigErrorKind, CorruptInputError),
    NoColon(ConfigErrorKind),
}

impl RawAuthConfig {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Self {
        let mut raw = Self::default();
        match cursor.shape() {
            Shape::Object => cursor.members(|cursor, name| raw.member(cursor, name)),
            Shape::Null => cursor.skip(),
            shape => {
                raw.fault = Some(AuthError::NotAnObject(shape));
                cursor.skip();
            }
        }
        raw
    }

    fn member(&mut self, cursor: &mut Cursor<'_>, name: &str) {
        let shape = cursor.shape();
        let known = ["username", "password", "email", "auth"]
            .into_iter()
            .find(|field| same_field(name, field));
        let Some(field) = known else {
            let token = matches!(name, "identitytoken" | "registrytoken");
            self.ignored_token |=
                token && shape == Shape::String && !cursor.rest().starts_with(b"\"\"");
            return cursor.skip();
        };
        match shape {
            Shape::String => {
                let text = cursor.string();
                match field {
                    "username" => self.username = text,
                    "password" => self.password = text,
                    "auth" => self.auth = text,
                    _ => {}
                }
            }
            Shape::Null => cursor.skip(),
            Shape::Bool | Shape::Number | Shape::Array | Shape::Object => {
                self.fault.get_or_insert(AuthError::Field(field, shape));
                cursor.skip();
            }
        }
    }

    pub(super) fn finish(self, server: &Arc<str>) -> Result<AuthConfig, AuthError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let (username, password) = if self.auth.is_empty() {
            (self.username.clone(), self.password.clone())
        } else {
            split_auth(&self.auth)?
        };
        let both =
            !self.auth.is_empty() && (!self.username.is_empty() || !self.password.is_empty());
        let disagree = both && (*self.username != *username || *self.password != *password);
        let mut problems = entry_problems(server, &username, &password);
        if disagree {
            problems.push(AuthProblem::AuthDisagrees);
        }
        if self.ignored_token {
            problems.push(AuthProblem::TokenIgnored);
        }
        Ok(AuthConfig {
            server: Arc::clone(server),
            username: username.as_str().into(),
            password: Password::new(password.as_str()),
            problems: problems.into(),
        })
    }
}

type UsernamePassword = (Zeroizing<String>, Zeroizing<String>);

fn split_auth(auth: &str) -> Result<UsernamePassword, AuthError> {
    let decoded = decode_auth(auth).map_err(|corrupt| {
        let plain = auth.contains(':');
        let problem = if plain {
            ConfigErrorKind::AuthNotEncoded
        } else {
            ConfigErrorKind::AuthNotBase64
        };
        AuthError::Auth(problem, corrupt)
    })?;
    let text = Zeroizing::new(String::from_utf8_lossy(&decoded).into_owned());
    if let Some((username, password)) = text.split_once(':') {
        return Ok((
            Zeroizing::new(username.to_owned()),
            Zeroizing::new(password.to_owned()),
        ));
    }
    let twice = decode_auth(&text).is_ok_and(|inner| inner.contains(&b':'));
    Err(AuthError::NoColon(if twice {
        ConfigErrorKind::AuthEncodedTwice
    } else {
        ConfigErrorKind::AuthWithoutColon
    }))
}

fn entry_problems(server: &str, username: &str, password: &str) -> Vec<AuthProblem> {
    let hub = server.contains("docker.io");
    let spaced = |text: &str| text.trim() != text;
    let newline = password.ends_with(['\n', '\r']);
    [
        (
            username.is_empty() && password.is_empty(),
            AuthProblem::Empty,
        ),
        (
            username.is_empty() && !password.is_empty(),
            AuthProblem::EmptyUsername,
        ),
        (
            password.is_empty() && !username.is_empty(),
            AuthProblem::EmptyPassword,
        ),
        (newline, AuthProblem::TrailingNewline),
        (
            spaced(username) || (!newline && spaced(password)),
            AuthProblem::SurroundingSpace,
        ),
        (
            is_encoded_token(username, password),
            AuthProblem::PasswordEncoded,
        ),
        (hub && username.contains('@'), AuthProblem::EmailAsUsername),
        (
            is_truncated_robot_name(server, username),
            AuthProblem::RobotNameTruncated,
        ),
    ]
    .into_iter()
    .filter_map(|(holds, problem)| holds.then_some(problem))
    .collect()
}

impl AuthError {
    /// Kind and text of the kubelet's error.
    pub(super) fn words(&self, within: Within) -> (ConfigErrorKind, String) {
        match self {
            Self::NotAnObject(shape) => {
                let place = match within {
                    Within::Auths => "Go struct field DockerConfigJSON.auths of type",
                    Within::Top => "Go value of type",
                };
                let words = format!("json: cannot unmarshal {shape} into {place} {ENTRY}");
                (ConfigErrorKind::WrongShape, words)
            }
            Self::Field(field, shape) => {
                let path = match within {
                    Within::Auths => "DockerConfigJSON.auths",
                    Within::Top => "dockerConfigEntryWithAuth",
                };
                let words = format!(
                    "json: cannot unmarshal {shape} into Go struct field {path}.{field} of type string"
                );
                (ConfigErrorKind::WrongShape, words)
            }
            Self::Auth(problem, CorruptInputError { at }) => {
                (*problem, format!("illegal base64 data at input byte {at}"))
            }
            Self::NoColon(problem) => (
                *problem,
                "unable to parse auth field, must be formatted as base64(username:password)"
                    .to_owned(),
            ),
        }
    }
}
