//! List pager: requests the next page while one is decoded.

use std::{sync::Arc, time::Duration};

use kube::Client;
use tokio::task::JoinSet;

use super::endpoint::Endpoint;
use crate::{
    cluster::{
        ApiError,
        buffer::ZeroizingBuffer,
        decode::{Decode, Interner, ListPage},
        request,
    },
    domain::store::{unreadable::UnreadableObjects, watch::Scope},
};

/// Whom to ask for what, and who reads the answer.
pub(super) struct ListSource<D> {
    pub(super) client: Client,
    pub(super) endpoint: Endpoint,
    pub(super) limit: Duration,
    pub(super) decode: Arc<D>,
}

impl<D> Clone for ListSource<D> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            endpoint: self.endpoint,
            limit: self.limit,
            decode: Arc::clone(&self.decode),
        }
    }
}

pub(super) struct ListPager<D> {
    source: ListSource<D>,
    scope: Scope,
    /// The page that was asked for; none when the last has been read, or after an error. Ends when
    /// dropped.
    in_flight: JoinSet<Result<ZeroizingBuffer, ApiError>>,
    /// Pages that have been read.
    pub(super) read: usize,
    /// The version of the list, once a page has been read.
    pub(super) version: Arc<str>,
    /// What was left out.
    pub(super) unreadable: UnreadableObjects,
    /// Bytes of the largest page: the next one is likely to have as many.
    largest: usize,
}

impl<D: Decode> ListPager<D> {
    /// Asks for the first page.
    pub(super) fn start(source: ListSource<D>, scope: Scope) -> Result<Self, ApiError> {
        let mut pages = Self {
            source,
            scope,
            in_flight: JoinSet::new(),
            read: 0,
            version: "".into(),
            unreadable: UnreadableObjects::default(),
            largest: 0,
        };
        pages.request_page(None)?;
        Ok(pages)
    }

    fn request_page(&mut self, next: Option<String>) -> Result<(), ApiError> {
        let request = self.source.endpoint.list(&self.scope, next)?;
        let (client, limit) = (self.source.client.clone(), self.source.limit);
        let about = self.largest + self.largest / 8;
        self.in_flight.spawn(async move {
            request::read_body_with_hint(&client, request, limit, about).await
        });
        Ok(())
    }

    /// Reads the next page into the list; `false` when there is none.
    pub(super) async fn next(
        &mut self,
        texts: &mut Interner,
        into: &mut Vec<Arc<D::Object>>,
    ) -> Result<bool, ApiError> {
        let bytes = match self.in_flight.join_next().await {
            None => return Ok(false),
            Some(Ok(answer)) => answer?,
            Some(Err(error)) => return Err(ApiError::Transport(error.to_string())),
        };
        self.largest = self.largest.max(bytes.len());
        let page = ListPage::<D>::parse(&bytes)?;
        self.version = page.version();
        if let Some(next) = page.next() {
            self.request_page(Some(next))?;
        }
        let unreadable = page.objects(&self.source.decode, texts, into);
        self.unreadable = std::mem::take(&mut self.unreadable).merged_with(&unreadable);
        self.read += 1;
        Ok(true)
    }

    /// Whether another page has been asked for.
    pub(super) fn has_more(&self) -> bool {
        !self.in_flight.is_empty()
    }

    /// All objects; `read` is called after each page. Part of a list is no list.
    pub(super) async fn all(
        mut self,
        texts: &mut Interner,
        mut read: impl FnMut(),
    ) -> Result<Vec<Arc<D::Object>>, ApiError> {
        let mut objects = Vec::new();
        while self.next(texts, &mut objects).await? {
            read();
        }
        Ok(objects)
    }
}
