//! Numbers among the settings.

use serde::{Deserialize, Deserializer, de::Error};

/// A number up to `MAX`, as such or as text: the environment has only text.
pub(super) fn number<'de, D: Deserializer<'de>, const MAX: u32>(
    deserializer: D,
) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u32),
        Text(String),
    }
    let number = match Written::deserialize(deserializer) {
        Ok(Written::Number(number)) => Some(number),
        Ok(Written::Text(text)) => text.parse().ok(),
        Err(_) => None,
    };
    let number = number.filter(|number| *number <= MAX);
    number.ok_or_else(|| D::Error::custom(format!("must be a number from 0 to {MAX}")))
}

/// The same where there may be none.
pub(super) fn optional_number<'de, D: Deserializer<'de>, const MAX: u32>(
    deserializer: D,
) -> Result<Option<u32>, D::Error> {
    number::<D, MAX>(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(written: &Value) -> Option<u32> {
        number::<_, 1000>(written).ok()
    }

    #[test]
    fn a_number_is_read_as_such_and_as_text() {
        for written in [json!(200), json!("200")] {
            assert_eq!(read(&written), Some(200));
        }
        assert_eq!(read(&json!("0")), Some(0));
        assert_eq!(read(&json!("1000")), Some(1000));
    }

    #[test]
    fn anything_else_is_refused() {
        for written in [
            json!("many"),
            json!(-1),
            json!(1.5),
            json!(1001),
            Value::Null,
        ] {
            assert_eq!(read(&written), None, "{written}");
        }
    }
}
