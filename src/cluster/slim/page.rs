//! One page of a list, or one line of a watch, from bytes to objects.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Decode, Interner, meta::WireMeta, text::Text};
use crate::cluster::{Trouble, ask};

/// A page of a list.
pub(in crate::cluster) struct Page<T> {
    pub(in crate::cluster) objects: Vec<Arc<T>>,
    /// The version of the whole list, from which a watch goes on.
    pub(in crate::cluster) version: Arc<str>,
    /// What to ask for the next page with.
    pub(in crate::cluster) next: Option<String>,
    /// Objects that could not be read.
    pub(in crate::cluster) unreadable: usize,
}

#[derive(Deserialize)]
struct WireList<'a, T> {
    #[serde(borrow, default)]
    metadata: WireListMeta<'a>,
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireListMeta<'a> {
    #[serde(borrow)]
    resource_version: Text<'a>,
    #[serde(rename = "continue")]
    next: Text<'a>,
}

/// Reads a page. All objects are read in one pass; only when that fails is each looked at for itself,
/// so that the one that does not fit can be left out.
pub(in crate::cluster) fn page<D: Decode>(
    decode: &D,
    bytes: &[u8],
    texts: &mut Interner,
) -> Result<Page<D::Object>, Trouble> {
    if let Ok(list) = serde_json::from_slice::<WireList<'_, D::Wire<'_>>>(bytes) {
        let wires = list.items.unwrap_or_default().into_iter().map(Some);
        return Ok(collect(decode, &list.metadata, wires, texts));
    }
    let list: WireList<'_, &RawValue> =
        serde_json::from_slice(bytes).map_err(|error| ask::unreadable(&error))?;
    let wires = list.items.unwrap_or_default();
    let wires = wires
        .into_iter()
        .map(|raw| serde_json::from_str(raw.get()).ok());
    Ok(collect(decode, &list.metadata, wires, texts))
}

fn collect<'a, D: Decode>(
    decode: &D,
    metadata: &WireListMeta<'_>,
    wires: impl Iterator<Item = Option<D::Wire<'a>>>,
    texts: &mut Interner,
) -> Page<D::Object> {
    let mut objects = Vec::with_capacity(wires.size_hint().0);
    let mut unreadable = 0;
    for wire in wires {
        match wire.and_then(|wire| decode.object(wire, texts)) {
            Some(object) => objects.push(Arc::new(object)),
            None => unreadable += 1,
        }
    }
    Page {
        objects,
        version: metadata.resource_version.as_str().into(),
        next: (!metadata.next.is_empty()).then(|| metadata.next.as_str().to_owned()),
        unreadable,
    }
}

/// A line of a watch.
pub(in crate::cluster) enum Change<T> {
    Put(Arc<T>),
    Gone(Arc<T>),
    /// Nothing changed up to this version.
    Bookmark(Arc<str>),
    /// An object came that cannot be read; the watch goes on from its version.
    Unreadable(Option<Arc<str>>),
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
        Err(error) => return Change::End(ask::unreadable(&error)),
    };
    let raw = wire.object.get();
    match wire.kind.as_str() {
        "ERROR" => {
            let error: WireError<'_> = serde_json::from_str(raw).unwrap_or_default();
            let message = ask::printable(error.message.as_str());
            return Change::End(Trouble::from_status(error.code, message));
        }
        "BOOKMARK" => {
            return match version(raw) {
                Some(version) => Change::Bookmark(version),
                None => Change::Unreadable(None),
            };
        }
        _ => {}
    }
    let object = serde_json::from_str(raw)
        .ok()
        .and_then(|object| decode.object(object, texts));
    match object {
        None => Change::Unreadable(version(raw)),
        Some(object) if wire.kind.as_str() == "DELETED" => Change::Gone(Arc::new(object)),
        Some(object) => Change::Put(Arc::new(object)),
    }
}

fn version(raw: &str) -> Option<Arc<str>> {
    let wire: WireVersion<'_> = serde_json::from_str(raw).ok()?;
    let version = wire.metadata.resource_version;
    (!version.is_empty()).then(|| version.as_str().into())
}
