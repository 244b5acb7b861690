//! The catalogue of fixes: what removes a cause, in words and as kubectl commands.
//!
//! One table. Words in capitals stand for what is not known; `{ns}`, `{secret}` and the like are filled
//! in with the names of the case. What the product can do itself is a plan of the room `plan`, found by
//! the fix's id; the rest are steps for people.

mod commands;
mod names;
mod rows;
mod suitable;
mod target;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::{
    names::Names,
    suitable::suitable,
    target::{FixTarget, ListOrigin, PodOwner, TargetContainer},
};
use self::{
    names::Quoting,
    rows::{ROWS, Row},
};

/// More than these are not read: the likeliest come first.
pub const BEST: usize = 3;

/// What can be done against a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FixId {
    AttachSecret,
    CreateSecret,
    RecreateSecret,
    CorrectServer,
    ConvertType,
    CopySecret,
    CorrectSecretName,
    CheckSecret,
    TestPull,
    UseServiceAccount,
    CreateServiceAccount,
    Restart,
    RetryNow,
    RecreatePod,
    DebugAgain,
    UndoRollout,
    CorrectImage,
    WriteFullName,
    PushImage,
    LoadImage,
    PullPolicy,
    NewToken,
    RemoveEntry,
    StopStoringTokens,
    CredentialProvider,
    GrantAccess,
    OpenRegistryFirewall,
    Authenticate,
    UseMirror,
    RaisePullQps,
    FixNodeDns,
    CheckPort,
    OpenFirewall,
    FixProxy,
    FixRoute,
    WaitForRegistry,
    TrustCa,
    FixCertificate,
    FixClock,
    AlignTls,
    AllowPlainHttp,
    ServeTls,
    BuildForPlatform,
    SelectNodes,
    Rebuild,
    UpgradeRuntime,
    SignImage,
    FixImagePolicy,
    PullAgain,
    RepairStore,
    FreeDisk,
    FasterPull,
    RepairRuntime,
    SandboxImage,
    ReadEvents,
    ReadLog,
    FixScheduling,
}

/// A fix with the names of a case filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    pub id: FixId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    pub commands: Vec<String>,
}

impl FixId {
    fn row(self) -> &'static Row {
        ROWS.iter()
            .find(|row| row.id == self)
            .expect("every fix has a row: tested below")
    }

    /// The name in reports and JSON.
    pub fn slug(self) -> &'static str {
        self.row().slug
    }

    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// The title for a case: a template with a list of its own gets the Secret itself.
    pub fn title_for(self, names: &Names) -> &'static str {
        let origin = names.target.as_deref().map(|target| &target.list_origin);
        match (self, origin) {
            (Self::AttachSecret, Some(ListOrigin::Template(_))) => {
                "Add the pull Secret to imagePullSecrets of the Pod template"
            }
            _ => self.title(),
        }
    }

    /// The fix for a case.
    pub fn fill(self, names: &Names) -> Fix {
        let row = self.row();
        Fix {
            id: self,
            title: self.title_for(names).to_owned(),
            steps: row
                .steps
                .iter()
                .map(|step| names.fill(step, Quoting::Plain))
                .collect(),
            commands: self.commands(names),
        }
    }

    /// The commands for the target, where they depend on it and it is known.
    fn commands(self, names: &Names) -> Vec<String> {
        let target = names.target.as_deref();
        let of_target = target.and_then(|target| commands::of(self, target, names));
        of_target.unwrap_or_else(|| {
            let lines = self.row().commands.iter();
            lines.map(|line| names.fill(line, Quoting::Shell)).collect()
        })
    }
}

impl fmt::Display for FixId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

impl Serialize for FixId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}

impl<'de> Deserialize<'de> for FixId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slug = String::deserialize(deserializer)?;
        ROWS.iter()
            .find(|row| row.slug == slug)
            .map(|row| row.id)
            .ok_or_else(|| serde::de::Error::custom(format!("no fix {slug:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_apart_and_fill_without_leaving_slots() {
        let names = Names {
            namespace: Some("shop".into()),
            image: Some("a b".into()),
            ..Names::default()
        };
        let mut slugs: Vec<_> = ROWS.iter().map(|row| row.slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), ROWS.len());
        for row in ROWS {
            let fix = row.id.fill(&names);
            for line in fix.commands.iter().chain(&fix.steps) {
                // The braces that stay are those of JSON, jq and jsonpath.
                let mut slots = line
                    .split('{')
                    .skip(1)
                    .filter_map(|rest| rest.split_once('}'));
                let is_slot = |(name, _): (&str, &str)| {
                    let letter = |c: char| c.is_ascii_lowercase() || c == '-';
                    !name.is_empty() && name.chars().all(letter)
                };
                assert!(!slots.any(is_slot), "{line}");
            }
        }
    }

    #[test]
    fn names_are_quoted_for_the_shell() {
        let names = Names {
            image: Some("a; reboot".into()),
            ..Names::default()
        };
        let fix = FixId::PushImage.fill(&names);
        assert_eq!(fix.commands, ["docker push 'a; reboot'"]);
    }

    #[test]
    fn the_host_is_asked_at_its_own_port() {
        for (host, command) in [
            (
                "r.example",
                "openssl s_client -tls1_2 -connect r.example:443 </dev/null",
            ),
            (
                "r.example:5000",
                "openssl s_client -tls1_2 -connect r.example:5000 </dev/null",
            ),
            (
                "docker.io",
                "openssl s_client -tls1_2 -connect registry-1.docker.io:443 </dev/null",
            ),
        ] {
            let names = Names {
                host: Some(host.into()),
                ..Names::default()
            };
            assert_eq!(FixId::AlignTls.fill(&names).commands, [command]);
        }
    }

    #[test]
    fn attaching_keeps_what_the_account_lists() {
        let mut names = Names {
            namespace: Some("shop".into()),
            service_account: Some("web".into()),
            secret: Some("regcred".into()),
            account_lists: Some(vec!["mirror".into()]),
            ..Names::default()
        };
        let command = |names: &Names| FixId::AttachSecret.fill(names).commands[0].clone();
        assert_eq!(
            command(&names),
            r#"kubectl -n shop patch serviceaccount web -p '{"imagePullSecrets":[{"name":"mirror"},{"name":"regcred"}]}'"#
        );
        names.account_lists = None;
        assert_eq!(
            command(&names),
            r#"kubectl -n shop patch serviceaccount web --type=json -p '[{"op":"add","path":"/imagePullSecrets/-","value":{"name":"regcred"}}]'"#
        );
    }

    #[test]
    fn no_command_takes_a_token_as_an_argument() {
        for row in ROWS {
            for line in row.commands {
                assert!(!line.contains("--docker-password"), "{line}");
                assert!(!line.contains("$TOKEN"), "{line}");
            }
        }
    }
}
