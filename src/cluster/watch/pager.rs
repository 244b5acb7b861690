//! List pager: requests the next page while one is decoded, and repeats a page and not the list.
//!
//! | what happens | what follows | client-go |
//! | --- | --- | --- |
//! | a page fails | the caller calls [`ListPager::next`] again: the same request | `rest.Request` repeats it, 10 tries |
//! | 410 with a continue token in the `Status` | the list goes on with it, of a later version | not used |
//! | 410 without | one whole list from the watch cache, not older than the pages | `ListPager.FullListIfExpired` |
//! | a page above 64 MiB | the same page with fewer objects | no limit |
//! | a token that repeats, or a list without end | the list is an error | no limit |
//!
//! A list that went on at a later version is not of one moment: its first pages are older. The watch starts from the
//! version of the first page, which brings every change since.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use kube::Client;
use tokio::task::JoinSet;

use super::{
    endpoint::{Endpoint, PageRequest},
    list_gate::ListGate,
};
use crate::{
    cluster::{
        ApiError,
        buffer::ZeroizingBuffer,
        decode::{Decode, Interner, ListPage},
        request::{self, PageLimits, PageRefusal},
    },
    domain::{
        k8s::object_ref::Namespace,
        store::{
            unreadable::UnreadableObjects,
            watch::{Scope, WatchKind},
        },
    },
};

/// The largest page, decompressed: 500 objects of 128 KiB. A page of larger objects is requested in parts.
const PAGE_LIMIT: usize = 64 << 20;

/// The largest list that comes at once: 150 000 Pods of 5 KiB.
const WHOLE_LIMIT: usize = 768 << 20;

/// By how much the number of objects is divided when a page is too large.
const SMALLER: u32 = 5;

/// The most objects of a list of which the server does not say how long it is.
const MAX_OBJECTS: usize = 1_000_000;

/// How many times as many objects as the server has counted may come, and…
const MAX_GROWTH: usize = 4;

/// … how many more: they are counted at the first page, and a list that goes on at a later version may have grown.
const MAX_ADDED: usize = 10_000;

/// Client, endpoint and decoder of a list.
pub(super) struct ListSource<D> {
    pub(super) client: Client,
    pub(super) endpoint: Endpoint,
    pub(super) limit: Duration,
    pub(super) decode: Arc<D>,
    pub(super) kind: WatchKind,
    pub(super) lists: ListGate,
}

impl<D> Clone for ListSource<D> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            endpoint: self.endpoint,
            limit: self.limit,
            decode: Arc::clone(&self.decode),
            kind: self.kind,
            lists: self.lists.clone(),
        }
    }
}

/// How a list begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListStart {
    Pages,
    /// At once and from the watch cache: pages take longer than the server keeps their version.
    Whole {
        not_older_than: Arc<str>,
    },
}

/// An error of a list.
#[derive(Debug)]
pub(super) enum ListError {
    /// One request failed, and may be repeated.
    Page(ApiError),
    /// What came is no list of an API server.
    List(ApiError),
}

impl ListError {
    pub(super) fn into_inner(self) -> ApiError {
        match self {
            Self::Page(error) | Self::List(error) => error,
        }
    }
}

/// A list of which every page has been read.
pub(super) struct CompleteList<T> {
    pub(super) objects: Vec<Arc<T>>,
    /// What could not be decoded.
    pub(super) unreadable: UnreadableObjects,
    /// The version from which a watch brings all that the list lacks.
    pub(super) version: Arc<str>,
    /// Whether all pages are of that version.
    pub(super) is_consistent: bool,
}

/// Reads a list page by page.
pub(super) struct ListPager<D: Decode> {
    source: ListSource<D>,
    scope: Scope,
    /// What is requested next, or was and failed; `None` after the last page.
    request: Option<PageRequest>,
    /// The answer to it, if it was sent; it ends when dropped.
    in_flight: JoinSet<Result<Option<ZeroizingBuffer>, PageRefusal>>,
    page_size: u32,
    bounds: ListBounds,
    list: CompleteList<D::Object>,
    /// Pages that have been read.
    read: usize,
    /// Bytes of the largest page: the next one is likely to have as many.
    largest: usize,
}

impl<D: Decode> ListPager<D> {
    pub(super) fn new(source: ListSource<D>, scope: Scope, start: ListStart) -> Self {
        let page_size = source.endpoint.page_size();
        let request = match start {
            ListStart::Pages => PageRequest::First,
            ListStart::Whole { not_older_than } => PageRequest::Whole { not_older_than },
        };
        Self {
            source,
            scope,
            request: Some(request),
            in_flight: JoinSet::new(),
            page_size,
            bounds: ListBounds::default(),
            list: CompleteList::default(),
            read: 0,
            largest: 0,
        }
    }

    /// Reads the next page; returns `false` after the last. After an error of a page it requests the same page again.
    pub(super) async fn next(&mut self, texts: &mut Interner) -> Result<bool, ListError> {
        let Some(bytes) = self.receive().await? else {
            return Ok(false);
        };
        self.largest = self.largest.max(bytes.len());
        let page = ListPage::<D>::parse(&bytes).map_err(ListError::Page)?;
        let next = page.next();
        self.bounds
            .admit(page.len(), page.remaining(), next.as_deref())?;
        let version = page.version();
        if self.read == 0 {
            self.list.version = version;
        } else if self.list.version != version {
            self.list.is_consistent = false;
        }
        self.read += 1;
        self.request = next.map(PageRequest::Continue);
        if self.request.is_some() {
            self.send().map_err(ListError::List)?;
        }
        let unreadable = page.objects(&self.source.decode, texts, &mut self.list.objects);
        self.list.unreadable = std::mem::take(&mut self.list.unreadable).merged_with(&unreadable);
        Ok(true)
    }

    /// The number of pages that have been read.
    pub(super) fn pages(&self) -> usize {
        self.read
    }

    /// The number of objects that have been read.
    pub(super) fn received(&self) -> usize {
        self.list.objects.len()
    }

    /// Whether another page follows.
    pub(super) fn has_more(&self) -> bool {
        self.request.is_some()
    }

    /// Returns the list, once `next` has returned `false`.
    pub(super) fn finish(self) -> CompleteList<D::Object> {
        self.list
    }

    /// Lists a namespace; no page is repeated, and a list that is not of one moment is an error.
    pub(super) async fn namespace(
        source: ListSource<D>,
        namespace: Namespace,
        texts: &mut Interner,
        mut page_read: impl FnMut(),
    ) -> Option<(Scope, Vec<Arc<D::Object>>)> {
        let scope = Scope::Namespace(namespace);
        let mut pages = Self::new(source, scope.clone(), ListStart::Pages);
        while pages.next(texts).await.ok()? {
            page_read();
        }
        let list = pages.finish();
        list.is_consistent.then_some((scope, list.objects))
    }

    /// Receives the page that is requested.
    async fn receive(&mut self) -> Result<Option<ZeroizingBuffer>, ListError> {
        loop {
            let Some(request) = self.request.clone() else {
                return Ok(None);
            };
            if self.in_flight.is_empty() {
                self.send().map_err(ListError::List)?;
            }
            let answer = match self.in_flight.join_next().await {
                Some(Ok(answer)) => answer,
                Some(Err(error)) => Err(ApiError::Transport(error.to_string()).into()),
                None => continue,
            };
            match (answer, request) {
                (Ok(Some(bytes)), _) => return Ok(Some(bytes)),
                (Ok(None), request) => self.request_less(&request)?,
                (
                    Err(PageRefusal {
                        error: ApiError::Expired,
                        next,
                    }),
                    PageRequest::Continue(_),
                ) => self.go_on(next)?,
                (Err(refusal), _) => return Err(ListError::Page(refusal.error)),
            }
        }
    }

    fn send(&mut self) -> Result<(), ApiError> {
        let Some(page) = &self.request else {
            return Ok(());
        };
        let ListSource {
            client,
            endpoint,
            limit,
            ..
        } = &self.source;
        let request = endpoint.list(&self.scope, page, self.page_size)?;
        let limits = PageLimits {
            time: *limit,
            about: self.largest + self.largest / 8,
            most: most(page),
        };
        let client = client.clone();
        self.in_flight
            .spawn(async move { request::read_page(&client, request, limits).await });
        Ok(())
    }

    /// Requests a page that was too large with fewer objects.
    fn request_less(&mut self, page: &PageRequest) -> Result<(), ListError> {
        let is_divisible = match page {
            PageRequest::First | PageRequest::Continue(_) => self.page_size > 1,
            PageRequest::Whole { .. } => false,
        };
        if !is_divisible {
            return Err(ListError::List(request::too_large(most(page))));
        }
        self.page_size = (self.page_size / SMALLER).max(1);
        self.largest = 0;
        Ok(())
    }

    /// Goes on after a continue token has expired: with the token that the server gives instead, which is of a later
    /// version, or else with a whole list.
    fn go_on(&mut self, next: Option<String>) -> Result<(), ListError> {
        let request = if let Some(token) = next {
            self.bounds.new_token(&token)?;
            PageRequest::Continue(token)
        } else {
            let list = std::mem::take(&mut self.list);
            self.bounds = ListBounds::default();
            self.read = 0;
            PageRequest::Whole {
                not_older_than: list.version,
            }
        };
        self.request = Some(request);
        Ok(())
    }
}

impl<T> Default for CompleteList<T> {
    fn default() -> Self {
        Self {
            objects: Vec::new(),
            unreadable: UnreadableObjects::default(),
            version: "".into(),
            is_consistent: true,
        }
    }
}

/// The largest body of a page.
fn most(page: &PageRequest) -> usize {
    match page {
        PageRequest::First | PageRequest::Continue(_) => PAGE_LIMIT,
        PageRequest::Whole { .. } => WHOLE_LIMIT,
    }
}

/// Ends a list that would not end by itself.
#[derive(Default)]
struct ListBounds {
    /// Hashes of the tokens: a server may send long ones.
    tokens: HashSet<u64>,
    hasher: RandomState,
    objects: usize,
    /// The most objects, known after the first page.
    most: Option<usize>,
}

impl ListBounds {
    /// Counts a page of so many objects, which `remaining` and the page of the token `next` follow.
    fn admit(
        &mut self,
        objects: usize,
        remaining: Option<u64>,
        next: Option<&str>,
    ) -> Result<(), ListError> {
        self.objects += objects;
        let most = *self.most.get_or_insert_with(|| {
            let counted = remaining.and_then(|left| usize::try_from(left).ok());
            counted.map_or(MAX_OBJECTS, |left| {
                objects
                    .saturating_add(left)
                    .saturating_mul(MAX_GROWTH)
                    .saturating_add(MAX_ADDED)
                    .min(MAX_OBJECTS)
            })
        });
        let Some(next) = next else {
            return Ok(());
        };
        if self.objects > most {
            let objects = self.objects;
            return Err(ListError::List(ApiError::Decode(format!(
                "the list does not end: {objects} objects, and more follow"
            ))));
        }
        self.new_token(next)
    }

    fn new_token(&mut self, token: &str) -> Result<(), ListError> {
        if self.tokens.insert(self.hasher.hash_one(token)) {
            return Ok(());
        }
        Err(ListError::List(ApiError::Decode(
            "the list does not end: a continue token is repeated".to_owned(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_end_is_an_error() {
        let pages = |remaining: Option<u64>| {
            let mut bounds = ListBounds::default();
            let mut admitted = 0;
            while let Ok(()) = bounds.admit(500, remaining, Some(&admitted.to_string())) {
                admitted += 1;
            }
            admitted * 500
        };
        assert_eq!(pages(None), MAX_OBJECTS);
        assert_eq!(pages(Some(500)), 4 * 1000 + MAX_ADDED);
        assert_eq!(pages(Some(u64::MAX)), MAX_OBJECTS);
    }

    #[test]
    fn a_token_that_repeats_is_an_error() {
        let mut bounds = ListBounds::default();
        bounds.admit(1, None, Some("a")).unwrap();
        bounds.admit(1, None, Some("b")).unwrap();
        let error = bounds.admit(1, None, Some("a")).unwrap_err().into_inner();
        assert!(error.to_string().contains("token is repeated"), "{error}");
        bounds.admit(1, None, None).unwrap();
    }
}
