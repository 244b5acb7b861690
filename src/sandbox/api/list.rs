//! Handler of lists: selectors, pages and the resource version.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    body::{self, Body},
    events,
    negotiate::ResponseForm,
    query::QueryString,
    read::ListItem,
    route::RequestTarget,
    selectors::ListSelector,
};
use crate::sandbox::{
    object::{StoredObject, metadata_only, put},
    resources::Resource,
    status::{ApiResult, ApiStatus, StatusCause},
    store::ObjectKey,
    table,
    world::World,
};

/// Where the next page begins, and of which revision the list is.
#[derive(Debug, PartialEq, Eq)]
struct Continue {
    revision: u64,
    after: ObjectKey,
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

    fn parse(token: &str) -> ApiResult<Self> {
        let invalid = || ApiStatus::bad_request("continue key is not valid: illegal base64 data");
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
                after: ObjectKey::new(namespace, name),
            }),
            _ => Err(invalid()),
        }
    }
}

/// A part of a collection as it was at one revision.
struct Page {
    objects: Vec<StoredObject>,
    revision: u64,
    next: Option<Continue>,
    remaining: Option<usize>,
}

pub fn list(
    world: &World,
    target: &RequestTarget,
    query: &QueryString,
    shape: ResponseForm,
) -> ApiResult<Response<Body>> {
    let selector = ListSelector::parse(target.resource, target.namespace.as_deref(), query)?;
    let page = page(world, target.resource, &selector, query)?;
    Ok(render(world, target.resource, &page, shape))
}

/// These objects as a list at the current revision.
pub fn whole(
    world: &World,
    resource: &'static Resource,
    objects: Vec<StoredObject>,
    shape: ResponseForm,
) -> Response<Body> {
    let page = Page {
        objects,
        revision: world.store.revision(),
        next: None,
        remaining: None,
    };
    render(world, resource, &page, shape)
}

fn page(
    world: &World,
    resource: &'static Resource,
    selector: &ListSelector,
    query: &QueryString,
) -> ApiResult<Page> {
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
    let start = from.map_or(0, |from| {
        objects.partition_point(|object| ObjectKey::from_object(object) <= from.after)
    });
    let mut left = objects
        .into_iter()
        .skip(start)
        .filter(|object| selector.matches(object));
    let objects: Vec<StoredObject> = left.by_ref().take(limit).collect();
    // With a selector the real server cannot know how many are left, and does not say.
    let is_next = left.next().is_some();
    let remaining = (is_next && selector.is_plain()).then(|| left.count() + 1);
    let next = objects.last().filter(|_| is_next).map(|last| Continue {
        revision,
        after: ObjectKey::from_object(last),
    });
    Ok(Page {
        objects,
        revision,
        next,
        remaining,
    })
}

/// `resourceVersionMatch=Exact` asks for the past; without it a version is only a lower bound.
fn wanted_revision(world: &World, query: &QueryString) -> ApiResult<u64> {
    let current = world.store.revision();
    let asked = query.number("resourceVersion")?;
    check_match(query.get("resourceVersionMatch"), asked)?;
    match asked {
        Some(asked) if asked > current => Err(ApiStatus::too_large_version(asked, current)),
        Some(asked) if query.get("resourceVersionMatch") == Some(EXACT) => Ok(asked),
        _ => Ok(current),
    }
}

const EXACT: &str = "Exact";

/// Which `resourceVersionMatch` goes with which `resourceVersion`
/// (`k8s.io/apimachinery/pkg/apis/meta/internalversion/validation`).
fn check_match(matching: Option<&str>, asked: Option<u64>) -> ApiResult<()> {
    const FIELD: &str = "resourceVersionMatch";
    let cause = match (matching, asked) {
        (None, _) | (Some(EXACT), Some(1..)) | (Some("NotOlderThan"), Some(_)) => return Ok(()),
        (Some(_), None) => StatusCause::forbidden(
            FIELD,
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (Some(EXACT), Some(0)) => StatusCause::forbidden(
            FIELD,
            "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
        ),
        (Some(other), Some(_)) => {
            StatusCause::unsupported(FIELD, &json!(other), &[EXACT, "NotOlderThan", ""])
        }
    };
    Err(ApiStatus::invalid_options("ListOptions", &cause))
}

fn too_old(world: &World, from: Option<&Continue>) -> ApiStatus {
    match from {
        Some(from) => {
            let fresh = Continue {
                revision: world.store.revision(),
                after: from.after.clone(),
            };
            ApiStatus::expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
                Some(fresh.to_token()),
            )
        }
        None => ApiStatus::expired(
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

fn render(
    world: &World,
    resource: &'static Resource,
    page: &Page,
    shape: ResponseForm,
) -> Response<Body> {
    let mut list_metadata = json!({ "resourceVersion": page.revision.to_string() });
    if let Some(next) = &page.next {
        put(&mut list_metadata, "/continue", next.to_token());
    }
    if let Some(remaining) = page.remaining {
        put(&mut list_metadata, "/remainingItemCount", remaining);
    }
    match shape {
        ResponseForm::Table => {
            let mut table = table::table(resource, &page.objects, world.now);
            put(&mut table, "/metadata", list_metadata);
            body::ok(&table)
        }
        ResponseForm::Metadata => body::ok(&ListBody {
            kind: "PartialObjectMetadataList".to_owned(),
            api_version: "meta.k8s.io/v1".to_owned(),
            metadata: list_metadata,
            items: page
                .objects
                .iter()
                .map(|object| metadata_only(object))
                .collect(),
        }),
        ResponseForm::Whole if events::is_new_view(resource) => {
            let events: Vec<Value> = page
                .objects
                .iter()
                .map(|object| {
                    let mut event = Value::clone(object);
                    events::to_new(&mut event);
                    event
                })
                .collect();
            complete(resource, list_metadata, events.iter())
        }
        ResponseForm::Whole => {
            let objects = page.objects.iter().map(AsRef::as_ref);
            complete(resource, list_metadata, objects)
        }
    }
}

fn complete<'a>(
    resource: &Resource,
    metadata: Value,
    objects: impl Iterator<Item = &'a Value>,
) -> Response<Body> {
    body::ok(&ListBody {
        kind: format!("{}List", resource.name),
        api_version: resource.api_version(),
        metadata,
        items: objects.map(ListItem).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_page() {
        let page = Continue {
            revision: 42,
            after: ObjectKey::new("app", "web"),
        };
        assert_eq!(Continue::parse(&page.to_token()), Ok(page));
        assert!(Continue::parse("nonsense!").is_err());
    }

    #[test]
    fn a_match_needs_a_version_that_it_can_be_of() {
        for (matching, asked, fits) in [
            (None, None, true),
            (Some("Exact"), Some(7), true),
            (Some("NotOlderThan"), Some(0), true),
            (Some("Exact"), Some(0), false),
            (Some("Exact"), None, false),
            (Some("Newest"), Some(7), false),
        ] {
            let checked = check_match(matching, asked);
            assert_eq!(checked.is_ok(), fits, "{matching:?} {asked:?}");
        }
    }
}
