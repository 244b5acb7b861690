//! One page of a list, or one line of a watch, from bytes to objects.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    decode::Decode,
    interner::Interner,
    meta::WireMeta,
    protobuf::{self, Message, Reader},
    text::Text,
};
use crate::{
    cluster::Trouble,
    domain::{
        sanitize::sanitize,
        store::unreadable::{ObjectName, UnreadableObjects},
    },
};

/// A page of a list, opened far enough to tell whether more follow: the next one is asked for before
/// the objects of this one are made.
pub(in crate::cluster) struct Opened<'a, D: Decode> {
    metadata: protobuf::ListMeta<'a>,
    items: Items<'a, D::Wire<'a>>,
}

enum Items<'a, W> {
    Read(Vec<W>),
    /// Those of a page that could not be read as a whole.
    Json(Vec<&'a RawValue>),
    Protobuf(Vec<&'a [u8]>, Reader<'a, W>),
}

#[derive(Deserialize)]
struct WireList<'a, T> {
    #[serde(borrow, default)]
    kind: Text<'a>,
    #[serde(default)]
    metadata: WireListMeta<'a>,
    items: Option<Vec<T>>,
}

impl<T> WireList<'_, T> {
    /// The objects; an empty list may be written `null`, but then it says what it is a list of.
    fn items_of_a_list(&mut self) -> Result<Vec<T>, Trouble> {
        match self.items.take() {
            Some(items) => Ok(items),
            None if !self.kind.is_empty() => Ok(Vec::new()),
            None => Err(Trouble::Unreadable(
                "not a Kubernetes list: no kind and no items".to_owned(),
            )),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireListMeta<'a> {
    #[serde(borrow)]
    resource_version: Text<'a>,
    #[serde(rename = "continue")]
    next: Text<'a>,
}

impl<'a, D: Decode> Opened<'a, D> {
    /// Opens a page, as JSON or as protobuf: the server chooses. All objects are read in one pass; only
    /// when that fails is each looked at for itself, so that the one that does not fit can be left out.
    pub(in crate::cluster) fn of(bytes: &'a [u8]) -> Result<Self, Trouble> {
        if let Some(read) = D::protobuf()
            && let Some((kind, list)) = protobuf::opened(bytes)
        {
            let list: protobuf::List<'_> = Message::read(list)
                .ok_or_else(|| Trouble::Unreadable("not a protobuf list".to_owned()))?;
            return Self {
                metadata: list.metadata,
                items: Items::Protobuf(list.items, read),
            }
            .checked(&kind);
        }
        if let Ok(mut list) = serde_json::from_slice::<WireList<'_, D::Wire<'_>>>(bytes) {
            let items = list.items_of_a_list()?;
            return Self::new(list.metadata, Items::Read(items)).checked(&list.kind);
        }
        let mut list: WireList<'_, &RawValue> =
            serde_json::from_slice(bytes).map_err(|error| Trouble::unreadable(&error))?;
        let items = list.items_of_a_list()?;
        Self::new(list.metadata, Items::Json(items)).checked(&list.kind)
    }

    /// Refuses what is no list of this kind: any JSON object would be an empty one, an error page of a proxy
    /// or a `Status` too. Each list of the API has a version (`ListMeta.resourceVersion`), and names its kind.
    fn checked(self, kind: &Text<'_>) -> Result<Self, Trouble> {
        let kind = kind.as_str();
        if !kind.is_empty() && kind != D::LIST {
            let (kind, wanted) = (sanitize(kind), D::LIST);
            return Err(Trouble::Unreadable(format!(
                "a {kind} instead of a {wanted}"
            )));
        }
        if self.metadata.version.as_str().is_empty() {
            return Err(Trouble::Unreadable(
                "not a Kubernetes list: no resourceVersion".to_owned(),
            ));
        }
        Ok(self)
    }

    fn new(metadata: WireListMeta<'a>, items: Items<'a, D::Wire<'a>>) -> Self {
        let WireListMeta {
            resource_version,
            next,
        } = metadata;
        let metadata = protobuf::ListMeta {
            version: resource_version,
            next,
        };
        Self { metadata, items }
    }

    /// The version of the whole list, from which a watch goes on.
    pub(in crate::cluster) fn version(&self) -> Arc<str> {
        self.metadata.version.as_str().into()
    }

    /// What to ask for the next page with.
    pub(in crate::cluster) fn next(&self) -> Option<String> {
        let next = self.metadata.next.as_str();
        (!next.is_empty()).then(|| next.to_owned())
    }

    /// Puts the objects into the list; gives those that could not be read.
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
            Items::Read(wires) => wires
                .into_iter()
                .for_each(|wire| take(Some(wire), &|| None)),
            Items::Json(raws) => raws.into_iter().for_each(|raw| {
                take(serde_json::from_str(raw.get()).ok(), &|| name(raw.get()));
            }),
            Items::Protobuf(items, read) => items.into_iter().for_each(|item| {
                take(read(item), &|| protobuf::metadata(item).object_name());
            }),
        }
        unreadable
    }
}

/// The objects of a list that has one page.
pub(in crate::cluster) fn objects<D: Decode>(
    decode: &D,
    bytes: &[u8],
    texts: &mut Interner,
) -> Result<Vec<Arc<D::Object>>, Trouble> {
    let mut objects = Vec::new();
    Opened::of(bytes)?.objects(decode, texts, &mut objects);
    Ok(objects)
}

/// One object that was asked for by its name.
pub(in crate::cluster) fn object<D: Decode>(
    decode: &D,
    bytes: &[u8],
    texts: &mut Interner,
) -> Result<D::Object, Trouble> {
    let wire = serde_json::from_slice(bytes).map_err(|error| Trouble::unreadable(&error))?;
    let object = decode.object(wire, texts);
    object.ok_or_else(|| Trouble::Unreadable("object without a name".to_owned()))
}

/// A line of a watch.
pub(in crate::cluster) enum Change<T> {
    /// With its version, from which the watch goes on.
    Put(Arc<T>, Arc<str>),
    Gone(Arc<T>, Arc<str>),
    /// Nothing changed up to this version, if it names one.
    Bookmark(Option<Arc<str>>),
    /// An object came, or went, that cannot be read; the watch goes on from its version.
    Unreadable {
        object: Option<ObjectName>,
        deleted: bool,
        version: Option<Arc<str>>,
    },
    /// The server ends the watch.
    End(Trouble),
}

#[derive(Deserialize)]
struct WireChange<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
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
    message: Text<'a>,
}

/// Reads one line of a watch.
pub(in crate::cluster) fn change<D: Decode>(
    decode: &D,
    line: &[u8],
    texts: &mut Interner,
) -> Change<D::Object> {
    let wire: WireChange<'_> = match serde_json::from_slice(line) {
        Ok(wire) => wire,
        Err(error) => return Change::End(Trouble::unreadable(&error)),
    };
    let raw = wire.object.get();
    match wire.kind.as_str() {
        "ERROR" => {
            let error: WireError<'_> = serde_json::from_str(raw).unwrap_or_default();
            let message = sanitize(error.message.as_str());
            return Change::End(Trouble::from_status(error.code, message));
        }
        "BOOKMARK" => return Change::Bookmark(version(raw)),
        _ => {}
    }
    let read = serde_json::from_str(raw).ok().and_then(|wire| {
        let version = D::version(&wire).into();
        let object = decode.object(wire, texts)?;
        Some((Arc::new(object), version))
    });
    match read {
        None => Change::Unreadable {
            object: name(raw),
            deleted: wire.kind.as_str() == "DELETED",
            version: version(raw),
        },
        Some((object, version)) if wire.kind.as_str() == "DELETED" => Change::Gone(object, version),
        Some((object, version)) => Change::Put(object, version),
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
