//! Decodes a page of a list or a watch event.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    de::LenientStr,
    interner::Interner,
    kind::Decode,
    meta::WireMeta,
    protobuf::{self, MessageReader, ProtobufMessage},
};
use crate::{
    cluster::ApiError,
    domain::{
        sanitize::sanitize,
        store::unreadable::{ObjectName, UnreadableObjects},
    },
};

/// A page of a list, parsed far enough to know its continue token before its items are decoded.
pub(in crate::cluster) struct ListPage<'a, D: Decode> {
    metadata: protobuf::ListMetaMessage<'a>,
    items: PageItems<'a, D::Wire<'a>>,
}

enum PageItems<'a, W> {
    Read(Vec<W>),
    /// Those of a page that could not be read as a whole.
    Json(Vec<&'a RawValue>),
    Protobuf(Vec<&'a [u8]>, MessageReader<'a, W>),
}

#[derive(Deserialize)]
struct WireList<'a, T> {
    #[serde(borrow, default)]
    kind: LenientStr<'a>,
    #[serde(default)]
    metadata: WireListMeta<'a>,
    items: Option<Vec<T>>,
}

impl<T> WireList<'_, T> {
    /// The objects; an empty list may be written `null`, but then it says what it is a list of.
    fn items_of_a_list(&mut self) -> Result<Vec<T>, ApiError> {
        match self.items.take() {
            Some(items) => Ok(items),
            None if !self.kind.is_empty() => Ok(Vec::new()),
            None => Err(ApiError::Decode(
                "not a Kubernetes list: no kind and no items".to_owned(),
            )),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireListMeta<'a> {
    #[serde(borrow)]
    resource_version: LenientStr<'a>,
    #[serde(rename = "continue")]
    next: LenientStr<'a>,
    remaining_item_count: Option<u64>,
}

impl<'a, D: Decode> ListPage<'a, D> {
    /// Parses a page, as JSON or protobuf.
    ///
    /// All objects are decoded in one pass; only if that fails, each is decoded by itself, so that invalid ones can be
    /// left out.
    pub(in crate::cluster) fn parse(bytes: &'a [u8]) -> Result<Self, ApiError> {
        if let Some(read) = D::protobuf()
            && let Some((kind, list)) = protobuf::open_envelope(bytes)
        {
            let list: protobuf::ListMessage<'_> = ProtobufMessage::read(list)
                .ok_or_else(|| ApiError::Decode("not a protobuf list".to_owned()))?;
            return Self {
                metadata: list.metadata,
                items: PageItems::Protobuf(list.items, read),
            }
            .checked(&kind);
        }
        if let Ok(mut list) = serde_json::from_slice::<WireList<'_, D::Wire<'_>>>(bytes) {
            let items = list.items_of_a_list()?;
            return Self::new(list.metadata, PageItems::Read(items)).checked(&list.kind);
        }
        let mut list: WireList<'_, &RawValue> =
            serde_json::from_slice(bytes).map_err(|error| ApiError::from_decode(&error))?;
        let items = list.items_of_a_list()?;
        Self::new(list.metadata, PageItems::Json(items)).checked(&list.kind)
    }

    /// Rejects what is no list of this kind: any JSON object would decode to an empty list, even a proxy's error page
    /// or a `Status`.
    ///
    /// Each list of the API has a version (`ListMetaMessage.resourceVersion`), and names its kind.
    fn checked(self, kind: &LenientStr<'_>) -> Result<Self, ApiError> {
        let kind = kind.as_str();
        if !kind.is_empty() && kind != D::LIST {
            let (kind, wanted) = (sanitize(kind), D::LIST);
            return Err(ApiError::Decode(format!("a {kind} instead of a {wanted}")));
        }
        if self.metadata.version.as_str().is_empty() {
            return Err(ApiError::Decode(
                "not a Kubernetes list: no resourceVersion".to_owned(),
            ));
        }
        Ok(self)
    }

    fn new(metadata: WireListMeta<'a>, items: PageItems<'a, D::Wire<'a>>) -> Self {
        let WireListMeta {
            resource_version,
            next,
            remaining_item_count,
        } = metadata;
        let metadata = protobuf::ListMetaMessage {
            version: resource_version,
            next,
            remaining: remaining_item_count,
        };
        Self { metadata, items }
    }

    /// The resource version of the list, from which a watch starts.
    pub(in crate::cluster) fn version(&self) -> Arc<str> {
        self.metadata.version.as_str().into()
    }

    /// The continue token of the next page.
    pub(in crate::cluster) fn next(&self) -> Option<String> {
        let next = self.metadata.next.as_str();
        (!next.is_empty()).then(|| next.to_owned())
    }

    /// The number of objects that follow this page; servers do not count them where a selector is used.
    pub(in crate::cluster) fn remaining(&self) -> Option<u64> {
        self.metadata.remaining
    }

    /// The number of objects in this page, readable or not.
    pub(in crate::cluster) fn len(&self) -> usize {
        match &self.items {
            PageItems::Read(wires) => wires.len(),
            PageItems::Json(raws) => raws.len(),
            PageItems::Protobuf(items, _) => items.len(),
        }
    }

    /// Appends the objects to the list; returns those that could not be decoded.
    pub(in crate::cluster) fn objects(
        self,
        decode: &D,
        texts: &mut Interner,
        into: &mut Vec<Arc<D::Object>>,
    ) -> UnreadableObjects {
        let mut unreadable = UnreadableObjects::default();
        let mut take = |wire: Option<D::Wire<'_>>, name: &dyn Fn() -> Option<ObjectName>| match wire
            .and_then(|wire| decode.object(wire, texts))
        {
            Some(object) => into.push(Arc::new(object)),
            None => match name() {
                Some(name) => {
                    unreadable.named.insert(name);
                }
                None => unreadable.unnamed += 1,
            },
        };
        match self.items {
            // What has been read and makes no object lacks a name.
            PageItems::Read(wires) => wires
                .into_iter()
                .for_each(|wire| take(Some(wire), &|| None)),
            PageItems::Json(raws) => raws.into_iter().for_each(|raw| {
                take(serde_json::from_str(raw.get()).ok(), &|| name(raw.get()));
            }),
            PageItems::Protobuf(items, read) => items.into_iter().for_each(|item| {
                take(read(item), &|| protobuf::metadata(item).object_name());
            }),
        }
        unreadable
    }
}

/// Decodes a list with a single page.
pub(in crate::cluster) fn objects<D: Decode>(
    decode: &D,
    bytes: &[u8],
    texts: &mut Interner,
) -> Result<Vec<Arc<D::Object>>, ApiError> {
    let mut objects = Vec::new();
    ListPage::parse(bytes)?.objects(decode, texts, &mut objects);
    Ok(objects)
}

/// Decodes a single object.
pub(in crate::cluster) fn object<D: Decode>(
    decode: &D,
    bytes: &[u8],
    texts: &mut Interner,
) -> Result<D::Object, ApiError> {
    let wire = serde_json::from_slice(bytes).map_err(|error| ApiError::from_decode(&error))?;
    let object = decode.object(wire, texts);
    object.ok_or_else(|| ApiError::Decode("object without a name".to_owned()))
}

/// An event of a watch.
pub(in crate::cluster) enum WatchEvent<T> {
    /// With its version, from which the watch goes on.
    Upsert(Arc<T>, Arc<str>),
    Delete(Arc<T>, Arc<str>),
    /// Nothing changed up to this version, if it names one.
    Bookmark(Option<Arc<str>>),
    /// An object came, or went, that cannot be read; the watch goes on from its version.
    Unreadable {
        object: Option<ObjectName>,
        deleted: bool,
        version: Option<Arc<str>>,
    },
    /// The server ends the watch.
    Error(ApiError),
}

#[derive(Deserialize)]
struct WireWatchEvent<'a> {
    #[serde(borrow, rename = "type")]
    kind: LenientStr<'a>,
    object: &'a RawValue,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireVersion<'a> {
    #[serde(borrow)]
    metadata: WireMeta<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireError<'a> {
    code: u16,
    #[serde(borrow)]
    message: LenientStr<'a>,
}

/// Parses one line of a watch.
pub(in crate::cluster) fn parse_watch_line<D: Decode>(
    decode: &D,
    line: &[u8],
    texts: &mut Interner,
) -> WatchEvent<D::Object> {
    let wire: WireWatchEvent<'_> = match serde_json::from_slice(line) {
        Ok(wire) => wire,
        Err(error) => return WatchEvent::Error(ApiError::from_decode(&error)),
    };
    let raw = wire.object.get();
    match wire.kind.as_str() {
        "ERROR" => {
            let error: WireError<'_> = serde_json::from_str(raw).unwrap_or_default();
            let message = sanitize(error.message.as_str());
            return WatchEvent::Error(ApiError::from_status(error.code, message));
        }
        "BOOKMARK" => return WatchEvent::Bookmark(version(raw)),
        _ => {}
    }
    let read = serde_json::from_str(raw).ok().and_then(|wire| {
        let version = D::version(&wire).into();
        let object = decode.object(wire, texts)?;
        Some((Arc::new(object), version))
    });
    match read {
        None => WatchEvent::Unreadable {
            object: name(raw),
            deleted: wire.kind.as_str() == "DELETED",
            version: version(raw),
        },
        Some((object, version)) if wire.kind.as_str() == "DELETED" => {
            WatchEvent::Delete(object, version)
        }
        Some((object, version)) => WatchEvent::Upsert(object, version),
    }
}

fn name(raw: &str) -> Option<ObjectName> {
    let wire: WireVersion<'_> = serde_json::from_str(raw).ok()?;
    wire.metadata.object_name()
}

fn version(raw: &str) -> Option<Arc<str>> {
    let wire: WireVersion<'_> = serde_json::from_str(raw).ok()?;
    let version = wire.metadata.resource_version;
    (!version.is_empty()).then(|| version.as_str().into())
}
