//! Content negotiation: full objects, metadata only, or a table.

use http::HeaderMap;

use crate::sandbox::status::{ApiResult, ApiStatus};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseForm {
    Whole,
    /// `PartialObjectMetadata`, one or a list.
    Metadata,
    Table,
}

const ACCEPTED: &[&str] = &["application/json"];

/// The first accepted media type that this server supports.
pub fn negotiate(headers: &HeaderMap) -> ApiResult<ResponseForm> {
    let Some(accept) = headers.get(http::header::ACCEPT) else {
        return Ok(ResponseForm::Whole);
    };
    let accept = accept.to_str().unwrap_or_default();
    accept
        .split(',')
        .find_map(parse_range)
        .ok_or_else(|| ApiStatus::not_acceptable(ACCEPTED))
}

fn parse_range(range: &str) -> Option<ResponseForm> {
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
        return Some(ResponseForm::Whole);
    };
    if wanted("g") != Some("meta.k8s.io") || wanted("v") != Some("v1") {
        return None;
    }
    match kind {
        "Table" => Some(ResponseForm::Table),
        "PartialObjectMetadata" | "PartialObjectMetadataList" => Some(ResponseForm::Metadata),
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
            negotiate(&headers).ok()
        };
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        assert_eq!(shape_of(kubectl), Some(ResponseForm::Table));
        assert_eq!(
            shape_of("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"),
            Some(ResponseForm::Metadata)
        );
        let protobuf_first = "application/vnd.kubernetes.protobuf, application/json";
        assert_eq!(shape_of(protobuf_first), Some(ResponseForm::Whole));
        assert_eq!(shape_of("application/vnd.kubernetes.protobuf"), None);
        assert_eq!(shape_of("*/*"), Some(ResponseForm::Whole));
    }
}
