//! Edits entries of a pull secret: another login, another server, or removal.

mod preview;

use std::sync::Arc;

use serde_json::json;

use super::{
    Affects, Change, Earlier, PlanChange, Purpose, RepositoryManifest, Reversal, TakeBack,
    Undoable, Written,
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{AnyObjectRef, Secret},
    },
    plan::{
        AuthEdit, DiffLine, ExportFormat, Observed, Rewritten, StoredConfig,
        commands::{READ_TOKEN, RELOGIN},
        export,
        field_owner::OwnedField,
        permissions::on_object,
    },
    rbac::Permission,
    registry_auth::{docker_config::ConfigFormat, keyring::shown_key},
    shell,
};

/// Changes entries of a pull secret.
#[derive(Clone, Debug)]
pub struct EditSecret {
    pub key: ObjectRef<Secret>,
    pub edit: AuthEdit,
    /// The form of the configuration, as the type of the Secret says; the dry run reads it from the server.
    pub format: ConfigFormat,
    /// The configuration that the dry run found; another one by then is left alone.
    pub before: Option<Observed<StoredConfig>>,
}

impl EditSecret {
    /// Creates the change; what the Secret must hold for it is known after the dry run.
    pub fn new(key: ObjectRef<Secret>, edit: AuthEdit) -> Self {
        Self {
            key,
            edit,
            format: ConfigFormat::default(),
            before: None,
        }
    }
}

impl Change {
    /// Edits entries of a pull secret; what it must hold for that is known after the dry run.
    pub fn edit_secret(key: ObjectRef<Secret>, edit: AuthEdit) -> Self {
        Self::EditSecret(EditSecret::new(key, edit))
    }
}

impl PlanChange for EditSecret {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Secret(self.key.clone())
    }

    fn sentence(&self) -> String {
        let key = &self.key;
        match &self.edit {
            AuthEdit::Upsert { server, login } => format!(
                "Update {}'s credential for {server} in Secret {key} (other entries unchanged)",
                login.username
            ),
            AuthEdit::ReplaceCredentials { servers, login } => format!(
                "Update {}'s credential for {} in Secret {key}",
                login.username,
                servers.join(", ")
            ),
            AuthEdit::RenameKey { from, to } => {
                format!("Rename entry {} of Secret {key} to {to}", shown_key(from))
            }
            AuthEdit::CopyEntry { from, to } => format!(
                "Add entry {to} to Secret {key}, with the login of {}",
                shown_key(from)
            ),
            AuthEdit::Remove { server } => {
                format!("Remove entry {server} from Secret {key}")
            }
        }
    }

    fn preview(&self) -> Vec<DiffLine> {
        let before = self.before.as_ref();
        preview::edit_lines(
            &self.edit,
            self.format,
            before.map(|observed| &observed.value),
        )
    }

    fn commands(&self) -> Vec<String> {
        edit_commands(&self.edit, &self.key, self.format)
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["get", "patch"])
    }

    fn manifest(&self, style: ExportFormat) -> Option<RepositoryManifest> {
        let entries: Vec<(&str, &str)> = match &self.edit {
            AuthEdit::Upsert { server, login } => vec![(server, &login.username)],
            AuthEdit::ReplaceCredentials { servers, login } => {
                let servers = servers.iter().map(String::as_str);
                servers
                    .map(|server| (server, login.username.as_str()))
                    .collect()
            }
            AuthEdit::RenameKey { to, .. } | AuthEdit::CopyEntry { to, .. } => {
                vec![(to, export::USER)]
            }
            AuthEdit::Remove { .. } => return None,
        };
        Some(RepositoryManifest {
            object: export::secret(&self.key, &entries, style),
            lacks_other_entries: true,
        })
    }

    fn written(&self) -> Written {
        Written::Fields(vec![OwnedField::at("data")])
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Secret(self.key.clone())]
    }

    fn is_creation(&self) -> bool {
        false
    }

    /// What an earlier change of the plan leaves in the Secret is not known before that is made.
    fn see_earlier(&mut self, earlier: &mut Earlier) {
        let is_first = earlier.write_secret(&self.key);
        self.before = self.before.take().filter(|_| is_first);
    }
}

impl Undoable for EditSecret {
    type Before = Rewritten;

    /// Puts the old content back, where what the edit has written still stands.
    fn undo(&self, before: Rewritten) -> Change {
        let reversal = Reversal::Content {
            secret: self.key.clone(),
            before: Arc::new(before),
        };
        TakeBack::change(self.clone(), reversal)
    }
}

fn edit_commands(edit: &AuthEdit, key: &ObjectRef<Secret>, format: ConfigFormat) -> Vec<String> {
    let ObjectRef {
        namespace,
        name: secret,
    } = key;
    let field = format.data_key();
    // Where the entries stand in the configuration.
    let auths = match format {
        ConfigFormat::ConfigJson => ".auths",
        ConfigFormat::LegacyCfg => ".",
    };
    // `|=` would be shorter; in jq 1.6 it loses what `try` gives.
    let through_jq = |arguments: String, change: String| {
        format!(
            "kubectl -n {namespace} get secret {secret} -o json | jq {arguments} '.data[\"{field}\"] = (.data[\"{field}\"] | {change} | tojson | @base64)' | kubectl -n {namespace} replace -f -"
        )
    };
    match edit {
        // What cannot be read is not carried over.
        AuthEdit::Upsert { server, login } => vec![
            READ_TOKEN.to_owned(),
            through_jq(
                format!(
                    "--arg s {} --arg u {}",
                    shell::quote(server),
                    shell::quote(&login.username)
                ),
                format!(
                    "(try (@base64d | fromjson | objects) catch {{}}) // {{}} | {auths}[$s] |= {RELOGIN}"
                ),
            ),
        ],
        AuthEdit::ReplaceCredentials { servers, login } => vec![
            READ_TOKEN.to_owned(),
            through_jq(
                format!(
                    "--argjson s {} --arg u {}",
                    shell::quote(&json!(servers).to_string()),
                    shell::quote(&login.username)
                ),
                format!("@base64d | fromjson | reduce $s[] as $k (.; {auths}[$k] |= {RELOGIN})"),
            ),
        ],
        AuthEdit::RenameKey { from, to } => vec![through_jq(
            format!(
                "--arg from {} --arg to {}",
                shell::quote(from),
                shell::quote(to)
            ),
            format!(
                "@base64d | fromjson | if {auths} | has($to) then error(\"\\($to) is there already\") else . end | {auths} |= with_entries(if .key == $from then .key = $to else . end)"
            ),
        )],
        AuthEdit::CopyEntry { from, to } => vec![through_jq(
            format!(
                "--arg from {} --arg to {}",
                shell::quote(from),
                shell::quote(to)
            ),
            format!(
                "@base64d | fromjson | if {auths} | has($to) then error(\"\\($to) is there already\") else . end | {auths}[$to] = {auths}[$from]"
            ),
        )],
        AuthEdit::Remove { server } => vec![through_jq(
            format!("--arg s {}", shell::quote(server)),
            format!("@base64d | fromjson | del({auths}[$s])"),
        )],
    }
}
