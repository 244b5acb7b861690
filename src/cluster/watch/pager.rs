//! The pages of one list: while one is decoded the next is on its way.

use std::{sync::Arc, time::Duration};

use kube::Client;
use tokio::task::JoinSet;

use super::endpoint::Endpoint;
use crate::{
    cluster::{
        Trouble,
        buffer::Buffer,
        decode::{Decode, Interner, Opened},
        request,
    },
    domain::store::{unreadable::UnreadableObjects, watch::Scope},
};

/// Whom to ask for what, and who reads the answer.
pub(super) struct Source<D> {
    pub(super) client: Client,
    pub(super) endpoint: Endpoint,
    pub(super) limit: Duration,
    pub(super) decode: Arc<D>,
}

impl<D> Clone for Source<D> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            endpoint: self.endpoint,
            limit: self.limit,
            decode: Arc::clone(&self.decode),
        }
    }
}

pub(super) struct Pages<D> {
    source: Source<D>,
    scope: Scope,
    /// The page that was asked for; none when the last has been read, or after a trouble. Ends when
    /// dropped.
    asked: JoinSet<Result<Buffer, Trouble>>,
    /// Pages that have been read.
    pub(super) read: usize,
    /// The version of the list, once a page has been read.
    pub(super) version: Arc<str>,
    /// What was left out.
    pub(super) unreadable: UnreadableObjects,
    /// Bytes of the largest page: the next one is likely to have as many.
    largest: usize,
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
            unreadable: UnreadableObjects::default(),
            largest: 0,
        };
        pages.ask_for(None)?;
        Ok(pages)
    }

    fn ask_for(&mut self, next: Option<String>) -> Result<(), Trouble> {
        let request = self.source.endpoint.list(&self.scope, next)?;
        let (client, limit) = (self.source.client.clone(), self.source.limit);
        let about = self.largest + self.largest / 8;
        self.asked
            .spawn(async move { request::bytes_of(&client, request, limit, about).await });
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
        self.largest = self.largest.max(bytes.len());
        let page = Opened::<D>::of(&bytes)?;
        self.version = page.version();
        if let Some(next) = page.next() {
            self.ask_for(Some(next))?;
        }
        let unreadable = page.objects(&self.source.decode, texts, into);
        self.unreadable = std::mem::take(&mut self.unreadable).merged_with(&unreadable);
        self.read += 1;
        Ok(true)
    }

    /// Whether another page has been asked for.
    pub(super) fn more(&self) -> bool {
        !self.asked.is_empty()
    }

    /// All objects; `read` is called after each page. Part of a list is no list.
    pub(super) async fn all(
        mut self,
        texts: &mut Interner,
        mut read: impl FnMut(),
    ) -> Result<Vec<Arc<D::Object>>, Trouble> {
        let mut objects = Vec::new();
        while self.next(texts, &mut objects).await? {
            read();
        }
        Ok(objects)
    }
}
