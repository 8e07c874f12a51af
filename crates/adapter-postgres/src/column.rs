//! How values are written into columns and read back. What is read was checked when it was
//! written; if it no longer fits, the row is corrupt, and the error names table and column but
//! never the value.

use std::{fmt::Display, str::FromStr};

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tieline_domain::{
    context::{ContextKey, ContextKeys},
    ports::StoreError,
    reason::Reason,
};

/// A column, to be named when it holds what cannot be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    table: &'static str,
    name: &'static str,
}

/// The column `name` of `table`.
pub(crate) const fn column(table: &'static str, name: &'static str) -> Column {
    Column { table, name }
}

impl Column {
    pub(crate) fn corrupt(self, problem: impl Into<String>) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column: self.name,
            problem: problem.into(),
        }
    }

    pub(crate) fn parse<T: FromStr<Err: Display>>(self, text: &str) -> Result<T, StoreError> {
        text.parse()
            .map_err(|error: T::Err| self.corrupt(error.to_string()))
    }

    pub(crate) fn parse_optional<T: FromStr<Err: Display>>(
        self,
        text: Option<String>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.parse(&text)).transpose()
    }

    pub(crate) fn time(self, microseconds: i64) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(microseconds)
            .map_err(|_| self.corrupt("is out of the range of times"))
    }

    pub(crate) fn optional_time(
        self,
        microseconds: Option<i64>,
    ) -> Result<Option<Timestamp>, StoreError> {
        microseconds.map(|at| self.time(at)).transpose()
    }

    pub(crate) fn generation(self, number: i64) -> Result<u64, StoreError> {
        u64::try_from(number).map_err(|_| self.corrupt("is negative"))
    }

    pub(crate) fn count(self, number: i64) -> Result<u32, StoreError> {
        u32::try_from(number).map_err(|_| self.corrupt("is no number of times"))
    }

    pub(crate) fn reason(self, code: &str) -> Result<Reason, StoreError> {
        Reason::from_code(code).ok_or_else(|| self.corrupt("is not in the catalogue"))
    }

    pub(crate) fn json<T: DeserializeOwned>(self, text: &str) -> Result<T, StoreError> {
        // The error's own text may quote the value; its place says enough.
        serde_json::from_str(text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            self.corrupt(format!("is not the JSON that it should be, at {place}"))
        })
    }

    pub(crate) fn keys(self, texts: &[String]) -> Result<ContextKeys, StoreError> {
        let keys = texts.iter().map(|text| self.parse::<ContextKey>(text));
        keys.collect()
    }

    pub(crate) fn bytes<const N: usize>(self, bytes: &[u8]) -> Result<[u8; N], StoreError> {
        bytes
            .try_into()
            .map_err(|_| self.corrupt(format!("is not {N} bytes long")))
    }
}

/// JSON of a value whose serialization cannot fail: lists of texts, maps with text keys.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("text and lists of text always serialize")
}

/// The canonical array of a set: it is sorted and without doubles, so equal arrays are equal sets.
pub(crate) fn key_texts(keys: &ContextKeys) -> Vec<String> {
    keys.iter().map(ToString::to_string).collect()
}

/// What stands for a value in an index that the value itself may be too long for.
pub(crate) fn hash(value: &impl Serialize) -> Vec<u8> {
    Sha256::digest(to_json(value)).to_vec()
}

/// Whether Postgres can hold a text: it takes every character but NUL. What asks for any other
/// finds nothing.
pub(crate) fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}
