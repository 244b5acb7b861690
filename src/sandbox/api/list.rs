//! Lists: selectors, pages, and the revision they are of.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    body::{self, Body},
    events,
    negotiate::Shape,
    query::Query,
    read::{Item, metadata},
    route::Target,
    selectors::Selector,
};
use crate::sandbox::{
    object::{Object, put},
    resources::Resource,
    status::{Refused, Status},
    store::Place,
    table,
    world::World,
};

/// Where the next page begins, and of which revision the list is.
#[derive(Debug, PartialEq, Eq)]
struct Continue {
    revision: u64,
    after: Place,
}

impl Continue {
    fn to_token(&self) -> String {
        let text = json!({
            "v": "meta.k8s.io/v1",
            "rv": self.revision,
            "start": [self.after.namespace, self.after.name],
        });
        URL_SAFE_NO_PAD.encode(text.to_string())
    }

    fn parse(token: &str) -> Refused<Self> {
        let invalid = || Status::bad_request("continue key is not valid: illegal base64 data");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
        let part = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
        match (
            value.get("rv").and_then(Value::as_u64),
            part("/start/0"),
            part("/start/1"),
        ) {
            (Some(revision), Some(namespace), Some(name)) => Ok(Self {
                revision,
                after: Place::new(namespace, name),
            }),
            _ => Err(invalid()),
        }
    }
}

/// A part of a collection as it was at one revision.
struct Page {
    objects: Vec<Object>,
    revision: u64,
    next: Option<Continue>,
    remaining: Option<usize>,
}

pub fn list(
    world: &World,
    target: &Target,
    query: &Query,
    shape: Shape,
) -> Refused<Response<Body>> {
    let selector = Selector::parse(target.resource, target.namespace.as_deref(), query)?;
    let page = page(world, target.resource, &selector, query)?;
    Ok(render(world, target.resource, &page, shape))
}

fn page(
    world: &World,
    resource: &'static Resource,
    selector: &Selector,
    query: &Query,
) -> Refused<Page> {
    let limit = query
        .number("limit")?
        .and_then(|limit| usize::try_from(limit).ok())
        .filter(|limit| *limit > 0)
        .unwrap_or(usize::MAX);
    let from = query.get("continue").map(Continue::parse).transpose()?;
    let revision = match &from {
        Some(from) => from.revision,
        None => wanted_revision(world, query)?,
    };
    let objects = world
        .store
        .list_at(resource.kind, selector.namespace(), revision)
        .map_err(|_| too_old(world, from.as_ref()))?;
    let mut left = objects
        .into_iter()
        .filter(|object| {
            from.as_ref()
                .is_none_or(|from| Place::of(object) > from.after)
        })
        .filter(|object| selector.matches(object));
    let objects: Vec<Object> = left.by_ref().take(limit).collect();
    let remaining = left.count();
    let next = objects
        .last()
        .filter(|_| remaining > 0)
        .map(|last| Continue {
            revision,
            after: Place::of(last),
        });
    Ok(Page {
        // With a selector the real server cannot know how many are left, and does not say.
        remaining: (next.is_some() && selector.is_plain()).then_some(remaining),
        objects,
        revision,
        next,
    })
}

/// `resourceVersionMatch=Exact` asks for the past; without it a version is only a lower bound.
fn wanted_revision(world: &World, query: &Query) -> Refused<u64> {
    let current = world.store.revision();
    let asked = query.number("resourceVersion")?.unwrap_or_default();
    let exact = match query.get("resourceVersionMatch") {
        None | Some("NotOlderThan") => false,
        Some("Exact") if asked > 0 => true,
        Some(other) => {
            return Err(Status::bad_request(format!(
                "resourceVersionMatch: Invalid value: {other:?}"
            )));
        }
    };
    if asked > current {
        return Err(Status::too_large_version(asked, current));
    }
    Ok(if exact { asked } else { current })
}

fn too_old(world: &World, from: Option<&Continue>) -> Status {
    match from {
        Some(from) => {
            let fresh = Continue {
                revision: world.store.revision(),
                after: from.after.clone(),
            };
            Status::expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
                Some(fresh.to_token()),
            )
        }
        None => Status::expired(
            "The resourceVersion for the provided list is too old.",
            None,
        ),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListBody<T> {
    kind: String,
    api_version: String,
    metadata: Value,
    items: Vec<T>,
}

fn render(world: &World, resource: &'static Resource, page: &Page, shape: Shape) -> Response<Body> {
    let mut list_metadata = json!({ "resourceVersion": page.revision.to_string() });
    if let Some(next) = &page.next {
        put(&mut list_metadata, "/continue", next.to_token());
    }
    if let Some(remaining) = page.remaining {
        put(&mut list_metadata, "/remainingItemCount", remaining);
    }
    match shape {
        Shape::Table => {
            let mut table = table::table(resource, &page.objects, world.now);
            put(&mut table, "/metadata", list_metadata);
            body::ok(&table)
        }
        Shape::Metadata => body::ok(&ListBody {
            kind: "PartialObjectMetadataList".to_owned(),
            api_version: "meta.k8s.io/v1".to_owned(),
            metadata: list_metadata,
            items: page.objects.iter().map(|object| metadata(object)).collect(),
        }),
        Shape::Whole if events::is_new_view(resource) => {
            let events: Vec<Value> = page
                .objects
                .iter()
                .map(|object| {
                    let mut event = Value::clone(object);
                    events::to_new(&mut event);
                    event
                })
                .collect();
            whole(resource, list_metadata, events.iter())
        }
        Shape::Whole => {
            let objects = page.objects.iter().map(AsRef::as_ref);
            whole(resource, list_metadata, objects)
        }
    }
}

fn whole<'a>(
    resource: &Resource,
    metadata: Value,
    objects: impl Iterator<Item = &'a Value>,
) -> Response<Body> {
    body::ok(&ListBody {
        kind: format!("{}List", resource.name),
        api_version: resource.api_version(),
        metadata,
        items: objects.map(Item).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_page() {
        let page = Continue {
            revision: 42,
            after: Place::new("app", "web"),
        };
        assert_eq!(Continue::parse(&page.to_token()), Ok(page));
        assert!(Continue::parse("nonsense!").is_err());
    }
}
