//! Entries of a pull Secret get another login, move to another server, or are removed.

mod preview;

use std::sync::Arc;

use serde_json::json;

use super::{
    Affects, Change, Earlier, Manifest, PlanChange, Purpose, Reversal, TakeBack, Undoable, Written,
};
use crate::domain::{
    k8s::{
        object_ref::Key,
        objects::{ObjectKey, Secret},
    },
    plan::{
        Edit, Line, Observed, Rewritten, StoredConfig, Style,
        commands::{READ_TOKEN, RELOGIN},
        export,
        field_owner::Field,
        permissions::on_object,
    },
    rbac::Permission,
    shell,
};

/// Changes entries of a pull Secret.
#[derive(Clone, Debug)]
pub struct EditSecret {
    pub key: Key<Secret>,
    pub edit: Edit,
    /// The configuration that the rehearsal found; another one by then is left alone.
    pub before: Option<Observed<StoredConfig>>,
}

impl EditSecret {
    /// An edit; what the Secret must hold for it is known after the rehearsal.
    pub fn new(key: Key<Secret>, edit: Edit) -> Self {
        Self {
            key,
            edit,
            before: None,
        }
    }
}

impl Change {
    /// Changes entries of a pull Secret; what it must hold for that is known after the rehearsal.
    pub fn edit_secret(key: Key<Secret>, edit: Edit) -> Self {
        Self::EditSecret(EditSecret::new(key, edit))
    }
}

impl PlanChange for EditSecret {
    fn object(&self) -> ObjectKey {
        ObjectKey::Secret(self.key.clone())
    }

    fn sentence(&self) -> String {
        let key = &self.key;
        match &self.edit {
            Edit::Put { server, login } => format!(
                "Give {} a new credential for {server} in the Secret {key}; other entries stay",
                login.username
            ),
            Edit::Renew { servers, login } => format!(
                "Put the new credential of {} for {} into the Secret {key}",
                login.username,
                servers.join(", ")
            ),
            Edit::Rekey { from, to } => {
                format!("Move the entry {from} of the Secret {key} to {to}")
            }
            Edit::Remove { server } => format!("Remove the entry {server} from the Secret {key}"),
        }
    }

    fn preview(&self) -> Vec<Line> {
        let before = self.before.as_ref();
        preview::edit_lines(&self.edit, before.map(|observed| &observed.value))
    }

    fn commands(&self) -> Vec<String> {
        edit_commands(&self.edit, &self.key)
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["get", "patch"])
    }

    fn manifest(&self, style: Style) -> Option<Manifest> {
        let entries: Vec<(&str, &str)> = match &self.edit {
            Edit::Put { server, login } => vec![(server, &login.username)],
            Edit::Renew { servers, login } => {
                let servers = servers.iter().map(String::as_str);
                servers
                    .map(|server| (server, login.username.as_str()))
                    .collect()
            }
            Edit::Rekey { to, .. } => vec![(to, export::USER)],
            Edit::Remove { .. } => return None,
        };
        Some(Manifest {
            object: export::secret(&self.key, &entries, style),
            lacks_other_entries: true,
        })
    }

    fn written(&self) -> Written {
        Written::Fields(vec![Field::at("data")])
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
        TakeBack::of(self.clone(), reversal)
    }
}

fn edit_commands(edit: &Edit, key: &Key<Secret>) -> Vec<String> {
    let Key {
        namespace,
        name: secret,
    } = key;
    // `|=` would be shorter; in jq 1.6 it loses what `try` gives.
    let through_jq = |arguments: String, change: String| {
        format!(
            "kubectl -n {namespace} get secret {secret} -o json | jq {arguments} '.data[\".dockerconfigjson\"] = (.data[\".dockerconfigjson\"] | {change} | tojson | @base64)' | kubectl -n {namespace} replace -f -"
        )
    };
    match edit {
        // What cannot be read is not carried over.
        Edit::Put { server, login } => vec![
            READ_TOKEN.to_owned(),
            through_jq(
                format!("--arg s {} --arg u {}", shell::word(server), shell::word(&login.username)),
                format!("(try (@base64d | fromjson | objects) catch {{}}) // {{}} | .auths[$s] |= {RELOGIN}"),
            ),
        ],
        Edit::Renew { servers, login } => vec![
            READ_TOKEN.to_owned(),
            through_jq(
                format!(
                    "--argjson s {} --arg u {}",
                    shell::word(&json!(servers).to_string()),
                    shell::word(&login.username)
                ),
                format!("@base64d | fromjson | reduce $s[] as $k (.; .auths[$k] |= {RELOGIN})"),
            ),
        ],
        Edit::Rekey { from, to } => vec![through_jq(
            format!("--arg from {} --arg to {}", shell::word(from), shell::word(to)),
            "@base64d | fromjson | if .auths | has($to) then error(\"\\($to) is there already\") else . end | .auths |= with_entries(if .key == $from then .key = $to else . end)".to_owned(),
        )],
        Edit::Remove { server } => vec![through_jq(
            format!("--arg s {}", shell::word(server)),
            "@base64d | fromjson | del(.auths[$s])".to_owned(),
        )],
    }
}
