//! One change as requests.

use http::{Method, Request, header};
use serde_json::Value;

use super::{Mode, bodies, is_conflict, rollout, secrets};
use crate::{
    cluster::{Connection, Trouble, ask},
    domain::{
        key::{Key, Name},
        objects::{Secret, ServiceAccount, WorkloadKey, WorkloadKind},
        plan::{Change, Outcome, with, without},
    },
};

/// Who the server should say has set a field.
const MANAGER: &str = "pullscope";

/// Attempts when others write the same object all the time.
const ATTEMPTS: usize = 5;

pub(super) const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
pub(super) const JSON_PATCH: &str = "application/json-patch+json";
const JSON: &str = "application/json";

/// The API server for one plan.
#[derive(Clone, Copy)]
pub(super) struct Server<'a> {
    connection: &'a Connection,
    mode: Mode,
}

impl Server<'_> {
    pub(super) async fn get(self, path: &str) -> Result<Value, Trouble> {
        self.request(Method::GET, path, None).await
    }

    pub(super) async fn post(self, path: &str, body: &Value) -> Result<Value, Trouble> {
        self.request(Method::POST, path, Some((JSON, body))).await
    }

    pub(super) async fn patch(
        self,
        path: &str,
        kind: &'static str,
        body: &Value,
    ) -> Result<Value, Trouble> {
        self.request(Method::PATCH, path, Some((kind, body))).await
    }

    /// `preconditions`: what must still be so, or nothing is deleted.
    ///
    /// A `DELETE` takes its options from the body or from the query, and with a body the query's
    /// `dryRun` is not looked at (`rest.DeleteResource` of the API server): so all stand in the body.
    pub(super) async fn delete(
        self,
        path: &str,
        preconditions: Option<Value>,
    ) -> Result<Value, Trouble> {
        let options = bodies::delete(self.rehearses(), preconditions);
        self.request(Method::DELETE, path, Some((JSON, &options)))
            .await
    }

    pub(super) fn rehearses(self) -> bool {
        self.mode == Mode::Rehearsal
    }

    async fn request(
        self,
        method: Method,
        path: &str,
        body: Option<(&'static str, &Value)>,
    ) -> Result<Value, Trouble> {
        let reads = method == Method::GET;
        let dry = if self.rehearses() { "&dryRun=All" } else { "" };
        let uri = if reads {
            path.to_owned()
        } else {
            format!("{path}?fieldManager={MANAGER}{dry}")
        };
        let mut request = Request::builder().method(method).uri(uri);
        let bytes = match body {
            Some((kind, body)) => {
                request = request.header(header::CONTENT_TYPE, kind);
                serde_json::to_vec(body).map_err(|error| Trouble::Other(error.to_string()))?
            }
            None => Vec::new(),
        };
        let request = request
            .body(bytes)
            .map_err(|error| Trouble::Other(error.to_string()))?;
        let connection = self.connection;
        let answer = ask::bytes(&connection.client, request, connection.request_limit).await?;
        serde_json::from_slice(&answer).map_err(|error| ask::unreadable(&error))
    }
}

pub(super) async fn change(
    connection: &Connection,
    change: &Change,
    mode: Mode,
) -> Result<Outcome, Trouble> {
    let server = Server { connection, mode };
    match change {
        Change::CreateNamespace(name) => {
            create(server, "/api/v1/namespaces", &bodies::namespace(name)).await
        }
        Change::CreateSecret {
            key,
            server: registry,
            login,
        } => secrets::create(server, key, registry, login).await,
        Change::EditSecret { key, edit } => secrets::edit(server, key, edit).await,
        Change::ConvertSecret { key } => secrets::convert(server, key).await,
        Change::CopySecret { from, to } => secrets::copy(server, from, to).await,
        Change::CreateAccount { key, pull_secrets } => {
            let path = format!("/api/v1/namespaces/{}/serviceaccounts", key.namespace);
            create(server, &path, &bodies::account(key, pull_secrets)).await
        }
        Change::AttachSecret {
            account, secret, ..
        } => change_list(server, account, |list| with(list, secret)).await,
        Change::DetachSecret {
            account, secret, ..
        } => change_list(server, account, |list| without(list, secret)).await,
        Change::SetAccount { workload, account } => {
            let patch = bodies::set_account(account);
            patch_workload(server, workload.id(), MERGE, &patch).await
        }
        Change::SetImage {
            workload,
            container,
            image,
            ..
        } => set_image(server, workload.id(), container, image).await,
        Change::CreateDeployment {
            key,
            image,
            account,
            replicas,
        } => {
            let path = format!("/apis/apps/v1/namespaces/{}/deployments", key.namespace);
            create(
                server,
                &path,
                &bodies::deployment(key, image, account, *replicas),
            )
            .await
        }
        Change::Restart(workload) => {
            let patch = bodies::restart(jiff::Timestamp::now());
            patch_workload(server, workload.id(), MERGE, &patch).await
        }
        Change::SetPaused { deployment, paused } => {
            rollout::set_paused(server, deployment, *paused).await
        }
        Change::RollBack {
            deployment, set, ..
        } => rollout::roll_back(server, deployment, set).await,
        Change::DeletePod(key) => {
            let path = format!("/api/v1/namespaces/{}/pods/{}", key.namespace, key.name);
            match server.delete(&path, None).await {
                Ok(_) => Ok(Outcome::Applied),
                Err(Trouble::NotFound(_)) => Ok(Outcome::Unchanged),
                Err(trouble) => Err(trouble),
            }
        }
    }
}

/// Makes an object, or finds that somebody has.
async fn create(server: Server<'_>, path: &str, body: &Value) -> Result<Outcome, Trouble> {
    match server.post(path, body).await {
        Ok(_) => Ok(Outcome::Applied),
        Err(trouble) if is_conflict(&trouble) => Ok(Outcome::Unchanged),
        Err(trouble) => Err(trouble),
    }
}

/// Changes a ServiceAccount's list as it is now. Whoever attached another Secret meanwhile keeps it.
async fn change_list(
    server: Server<'_>,
    account: &Key<ServiceAccount>,
    change: impl Fn(&[Name<Secret>]) -> Vec<Name<Secret>>,
) -> Result<Outcome, Trouble> {
    let (namespace, name) = (&account.namespace, &account.name);
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}");
    let mut attempt = 0;
    loop {
        attempt += 1;
        let found = server.get(&path).await?;
        let list = bodies::pull_secrets(&found);
        let changed = change(&list);
        if changed == list {
            return Ok(Outcome::Unchanged);
        }
        let patch = bodies::set_pull_secrets(&found, &changed);
        match server.patch(&path, MERGE, &patch).await {
            Ok(_) => return Ok(Outcome::Applied),
            Err(trouble) if is_conflict(&trouble) && attempt < ATTEMPTS => {}
            Err(trouble) => return Err(trouble),
        }
    }
}

async fn patch_workload(
    server: Server<'_>,
    id: &WorkloadKey,
    kind: &'static str,
    patch: &Value,
) -> Result<Outcome, Trouble> {
    server.patch(&path(id), kind, patch).await?;
    Ok(Outcome::Applied)
}

async fn set_image(
    server: Server<'_>,
    id: &WorkloadKey,
    container: &str,
    image: &str,
) -> Result<Outcome, Trouble> {
    let found = server.get(&path(id)).await?;
    match bodies::image_patch(&found, container, image) {
        bodies::ImagePatch::Same => Ok(Outcome::Unchanged),
        bodies::ImagePatch::NoContainer => Ok(Outcome::Failed(format!(
            "{id} has no container {container} any more"
        ))),
        bodies::ImagePatch::Patch(patch) => patch_workload(server, id, STRATEGIC, &patch).await,
    }
}

fn path(id: &WorkloadKey) -> String {
    let (namespace, name) = (&id.key.namespace, &id.key.name);
    let (group, plural) = match id.kind {
        WorkloadKind::Deployment => ("apps", "deployments"),
        WorkloadKind::ReplicaSet => ("apps", "replicasets"),
        WorkloadKind::StatefulSet => ("apps", "statefulsets"),
        WorkloadKind::DaemonSet => ("apps", "daemonsets"),
        WorkloadKind::Job => ("batch", "jobs"),
        WorkloadKind::CronJob => ("batch", "cronjobs"),
    };
    format!("/apis/{group}/v1/namespaces/{namespace}/{plural}/{name}")
}
