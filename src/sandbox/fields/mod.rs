//! Structure of object fields: merge keys of lists, and sets of field paths.
//!
//! Strategic merge patch and server-side apply both need to know by what the elements of a list are
//! told apart; the tables are those of the API types' Go tags and OpenAPI extensions.

mod schema;
mod set;

pub use schema::{ListShape, MapShape, child, list_shape, map_shape, strategic_key};
pub use set::{Element, FieldSet, element_of};
