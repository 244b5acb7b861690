//! A pull secret with one entry is created.

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
        Created, Credentials, DiffLine, ExportFormat,
        commands::{LOGIN, READ_TOKEN},
        export,
        permissions::on_object,
        preview::{added, new_entry, new_secret},
    },
    rbac::Permission,
    shell,
};

/// Creates a pull secret with one entry.
#[derive(Clone, Debug)]
pub struct CreateSecret {
    pub key: ObjectRef<Secret>,
    /// The key under `auths`.
    pub server: String,
    pub login: Credentials,
}

impl PlanChange for CreateSecret {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Secret(self.key.clone())
    }

    fn sentence(&self) -> String {
        let Self { key, server, login } = self;
        format!(
            "Create pull secret {key} for {server} as {}",
            login.username
        )
    }

    fn preview(&self) -> Vec<DiffLine> {
        let mut lines = new_secret(&self.key);
        lines.push(added("stringData:"));
        lines.push(added("  .dockerconfigjson:"));
        lines.push(added("    auths:"));
        let entry = new_entry(&self.server, &self.login).into_iter();
        lines.extend(entry.map(|line| line.indented(4)));
        lines
    }

    fn commands(&self) -> Vec<String> {
        let Self { key, server, login } = self;
        vec![
            READ_TOKEN.to_owned(),
            format!(
                "jq -n --arg s {} --arg u {} '{{auths: {{($s): {LOGIN}}}}}' | kubectl -n {} create secret docker-registry {} --from-file=.dockerconfigjson=/dev/stdin",
                shell::quote(server),
                shell::quote(&login.username),
                key.namespace,
                key.name
            ),
        ]
    }

    fn permissions(&self) -> Vec<Permission> {
        on_object(&self.object(), &["create"])
    }

    fn manifest(&self, style: ExportFormat) -> Option<RepositoryManifest> {
        let entry = (self.server.as_str(), self.login.username.as_str());
        Some(export::secret(&self.key, &[entry], style).into())
    }

    fn written(&self) -> Written {
        Written::Uncontested
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Secret(self.key.clone())]
    }

    fn is_creation(&self) -> bool {
        true
    }

    fn see_earlier(&mut self, earlier: &mut Earlier) {
        earlier.write_secret(&self.key);
    }
}

impl Undoable for CreateSecret {
    type Before = Created;

    /// Deletes it again.
    fn undo(&self, created: Created) -> Change {
        TakeBack::change(self.clone(), Reversal::Delete(created))
    }
}
