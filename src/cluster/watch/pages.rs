//! The pages of one list: while one is decoded the next is on its way.

use std::{sync::Arc, time::Duration};

use kube::Client;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::endpoint::Endpoint;
use crate::{
    cluster::{
        Trouble, ask,
        slim::{Decode, Interner, Opened},
    },
    domain::watch::Scope,
};

/// Whom to ask for what, and who reads the answer.
pub(super) struct Source<D> {
    pub(super) client: Client,
    pub(super) endpoint: Endpoint,
    pub(super) limit: Duration,
    pub(super) decode: Arc<D>,
}

pub(super) struct Pages<D> {
    source: Source<D>,
    scope: Scope,
    /// The page that was asked for; none when the last has been read. Ends when dropped. A page of pull
    /// Secrets is full of passwords, so it is wiped.
    asked: JoinSet<Result<Zeroizing<Vec<u8>>, Trouble>>,
    /// Pages that have been read.
    pub(super) read: usize,
    /// The version of the list, once a page has been read.
    pub(super) version: Arc<str>,
    unreadable: usize,
}

impl<D: Decode> Pages<D> {
    /// Asks for the first page.
    pub(super) fn ask(source: Source<D>, scope: Scope) -> Result<Self, Trouble> {
        let mut pages = Self {
            source,
            scope,
            asked: JoinSet::new(),
            read: 0,
            version: "".into(),
            unreadable: 0,
        };
        pages.ask_for(None)?;
        Ok(pages)
    }

    fn ask_for(&mut self, next: Option<String>) -> Result<(), Trouble> {
        let request = self.source.endpoint.list(&self.scope, next)?;
        let (client, limit) = (self.source.client.clone(), self.source.limit);
        self.asked.spawn(async move {
            ask::bytes(&client, request, limit)
                .await
                .map(Zeroizing::new)
        });
        Ok(())
    }

    /// Reads the next page into the list; `false` when there is none.
    pub(super) async fn next(
        &mut self,
        texts: &mut Interner,
        into: &mut Vec<Arc<D::Object>>,
    ) -> Result<bool, Trouble> {
        let bytes = match self.asked.join_next().await {
            None => return Ok(false),
            Some(Ok(answer)) => answer?,
            Some(Err(error)) => return Err(Trouble::Other(error.to_string())),
        };
        let page = Opened::<D>::of(&bytes)?;
        self.version = page.version();
        if let Some(next) = page.next() {
            self.ask_for(Some(next))?;
        }
        self.unreadable += page.objects(&self.source.decode, texts, into);
        self.read += 1;
        Ok(true)
    }

    /// Whether another page has been asked for.
    pub(super) fn more(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Whether the last page has been read.
    pub(super) fn is_whole(&self) -> bool {
        self.read > 0 && !self.more()
    }

    /// Tells the log what was left out.
    pub(super) fn report(&self) {
        if self.unreadable > 0 {
            let (endpoint, unreadable) = (self.source.endpoint, self.unreadable);
            tracing::warn!(?endpoint, unreadable, "objects left out of a list");
        }
    }
}
