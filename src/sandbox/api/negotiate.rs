//! How the answer is to be dressed: whole objects, their metadata alone, or a table for people.

use http::HeaderMap;

use crate::sandbox::status::{Refused, Status};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Whole,
    /// `PartialObjectMetadata`, one or a list.
    Metadata,
    Table,
}

const ACCEPTED: &[&str] = &["application/json"];

/// The first of the client's wishes that this server can fulfil.
pub fn shape(headers: &HeaderMap) -> Refused<Shape> {
    let Some(accept) = headers.get(http::header::ACCEPT) else {
        return Ok(Shape::Whole);
    };
    let accept = accept.to_str().unwrap_or_default();
    accept
        .split(',')
        .find_map(wish)
        .ok_or_else(|| Status::not_acceptable(ACCEPTED))
}

fn wish(range: &str) -> Option<Shape> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next()?;
    if !matches!(media, "application/json" | "application/*" | "*/*" | "") {
        return None;
    }
    let wanted = |name: &str| {
        range
            .split(';')
            .filter_map(|part| part.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let Some(kind) = wanted("as") else {
        return Some(Shape::Whole);
    };
    if wanted("g") != Some("meta.k8s.io") || wanted("v") != Some("v1") {
        return None;
    }
    match kind {
        "Table" => Some(Shape::Table),
        "PartialObjectMetadata" | "PartialObjectMetadataList" => Some(Shape::Metadata),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wish_that_can_be_fulfilled_wins() {
        let shape_of = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(http::header::ACCEPT, accept.parse().unwrap());
            shape(&headers).ok()
        };
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        assert_eq!(shape_of(kubectl), Some(Shape::Table));
        assert_eq!(
            shape_of("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"),
            Some(Shape::Metadata)
        );
        let protobuf_first = "application/vnd.kubernetes.protobuf, application/json";
        assert_eq!(shape_of(protobuf_first), Some(Shape::Whole));
        assert_eq!(shape_of("application/vnd.kubernetes.protobuf"), None);
        assert_eq!(shape_of("*/*"), Some(Shape::Whole));
    }
}
