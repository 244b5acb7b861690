//! Cache of the node platforms, refreshed at most once a minute.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use crate::{
    cluster::{Connection, nodes},
    domain::probe::TargetPlatforms,
};

/// How long the platforms are cached.
const VALID: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
pub(super) struct NodePlatforms(Arc<Mutex<Option<(Instant, TargetPlatforms)>>>);

impl NodePlatforms {
    /// Returns the platforms of the cluster's nodes.
    ///
    /// Without the right to list nodes it returns none, and images are not compared with nodes.
    pub(super) async fn get(&self, connection: &Connection) -> TargetPlatforms {
        let mut kept = self.0.lock().await;
        if let Some((at, wanted)) = &*kept
            && at.elapsed() < VALID
        {
            return wanted.clone();
        }
        let wanted = match nodes::platforms(connection).await {
            Ok(platforms) => TargetPlatforms::Nodes(platforms),
            Err(error) => {
                tracing::info!(%error, "node platforms unknown");
                TargetPlatforms::Anything
            }
        };
        *kept = Some((Instant::now(), wanted.clone()));
        wanted
    }
}
