//! Decodes Events of either API.
//!
//! Both APIs serve the same stored objects under different names: `involvedObject` is `regarding`,
//! `message` is `update`, and what is old in the core API is `deprecated…` in `events.k8s.io`. One wire
//! struct knows both names.

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    de::{LenientStr, OptTime},
    interner::Interner,
    kind::{Decode, namespaced},
    meta::WireMeta,
    protobuf::{FieldValue, MessageReader, ProtobufMessage},
};
use crate::domain::{
    k8s::{
        object_ref::{Namespace, ObjectRef},
        objects::{Event, EventKind, ObjectReference},
    },
    store::{
        unreadable::ObjectName,
        update::{Delta, StoreUpdate},
    },
};

pub(in crate::cluster) struct EventDecoder;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cluster) struct WireEvent<'a> {
    #[serde(borrow)]
    metadata: WireMeta<'a>,
    #[serde(default, rename = "type")]
    kind: LenientStr<'a>,
    #[serde(default)]
    reason: LenientStr<'a>,
    #[serde(default, alias = "note")]
    message: LenientStr<'a>,
    #[serde(alias = "regarding")]
    involved_object: Option<WireSubject<'a>>,
    #[serde(alias = "deprecatedCount")]
    count: Option<i64>,
    #[serde(default, alias = "deprecatedFirstTimestamp")]
    first_timestamp: OptTime,
    #[serde(default, alias = "deprecatedLastTimestamp")]
    last_timestamp: OptTime,
    #[serde(default)]
    event_time: OptTime,
    series: Option<WireSeries>,
    #[serde(alias = "deprecatedSource")]
    source: Option<WireSource<'a>>,
    #[serde(default, alias = "reportingController")]
    reporting_component: LenientStr<'a>,
    #[serde(default)]
    reporting_instance: LenientStr<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireSubject<'a> {
    #[serde(borrow)]
    kind: LenientStr<'a>,
    namespace: LenientStr<'a>,
    name: LenientStr<'a>,
    uid: LenientStr<'a>,
    field_path: LenientStr<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireSeries {
    count: Option<i64>,
    last_observed_time: OptTime,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireSource<'a> {
    #[serde(borrow)]
    component: LenientStr<'a>,
    host: LenientStr<'a>,
}

impl WireEvent<'_> {
    /// First and last occurrence.
    ///
    /// Reporters of the new API write `eventTime` and `series` only, those of the old one the two timestamps only (seen
    /// on 1.20: `FailedScheduling` against `Pulling`).
    fn times(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let observed = self
            .series
            .as_ref()
            .and_then(|series| series.last_observed_time.0);
        let event_time = self.event_time.0;
        let first = self.first_timestamp.0.or(event_time);
        let last = [observed, self.last_timestamp.0, event_time]
            .into_iter()
            .flatten()
            .max();
        (first, last.or(first))
    }

    fn count(&self) -> u32 {
        let series = self.series.as_ref().and_then(|series| series.count);
        let count = [series, self.count]
            .into_iter()
            .flatten()
            .max()
            .unwrap_or(1);
        u32::try_from(count.max(1)).unwrap_or(u32::MAX)
    }
}

/// As the core API writes them. `events.k8s.io` numbers its fields otherwise and is asked for JSON.
impl<'a> ProtobufMessage<'a> for WireEvent<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.metadata = value.message()?,
            2 => self.involved_object = Some(value.message()?),
            3 => self.reason = value.text()?,
            4 => self.message = value.text()?,
            5 => self.source = Some(value.message()?),
            6 => self.first_timestamp = value.message()?,
            7 => self.last_timestamp = value.message()?,
            8 => self.count = Some(value.signed()?),
            9 => self.kind = value.text()?,
            10 => self.event_time = value.message()?,
            11 => self.series = Some(value.message()?),
            14 => self.reporting_component = value.text()?,
            15 => self.reporting_instance = value.text()?,
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireSubject<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.kind = value.text()?,
            2 => self.namespace = value.text()?,
            3 => self.name = value.text()?,
            4 => self.uid = value.text()?,
            7 => self.field_path = value.text()?,
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireSeries {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.count = Some(value.signed()?),
            2 => self.last_observed_time = value.message()?,
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireSource<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.component = value.text()?,
            2 => self.host = value.text()?,
            _ => {}
        }
        Some(())
    }
}

impl Decode for EventDecoder {
    type Wire<'a> = WireEvent<'a>;
    type Object = Event;
    type Key = ObjectRef<Event>;

    const LIST: &'static str = "EventList";

    fn protobuf<'a>() -> Option<MessageReader<'a, WireEvent<'a>>> {
        Some(ProtobufMessage::read)
    }

    fn object(&self, wire: WireEvent<'_>, texts: &mut Interner) -> Option<Event> {
        let (first, last) = wire.times();
        let count = wire.count();
        let subject = wire.involved_object.unwrap_or_default();
        let source = wire.source.unwrap_or_default();
        let kind = if wire.kind.as_str() == "Warning" {
            EventKind::Warning
        } else {
            EventKind::Normal
        };
        Some(Event {
            key: wire.metadata.key(texts)?,
            meta: wire.metadata.meta(texts),
            kind,
            reason: texts.text(&wire.reason),
            message: texts.text(&wire.message),
            regarding: ObjectReference {
                kind: texts.text(&subject.kind),
                namespace: texts.some(&subject.namespace).map(Namespace::new),
                name: texts.text(&subject.name),
                uid: texts.some(&subject.uid),
                field: texts.some(&subject.field_path),
            },
            count,
            first,
            last,
            reporting_component: texts
                .some(&source.component)
                .or_else(|| texts.some(&wire.reporting_component)),
            host: texts
                .some(&source.host)
                .or_else(|| texts.some(&wire.reporting_instance)),
        })
    }

    fn key(object: &Event) -> ObjectRef<Event> {
        object.key.clone()
    }

    fn key_from_name(object: &ObjectName) -> Option<ObjectRef<Event>> {
        namespaced(object)
    }

    fn version<'w>(wire: &'w WireEvent<'_>) -> &'w str {
        wire.metadata.resource_version.as_str()
    }

    fn batch(&self, delta: Delta<Event>) -> StoreUpdate {
        StoreUpdate::Events(delta)
    }
}
