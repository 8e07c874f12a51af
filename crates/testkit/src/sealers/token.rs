//! Bytes as a text that a URL carries as it is, with a check sum.

use std::fmt::Write;

/// Writes bytes in hexadecimal, behind their check sum.
pub(super) fn write(bytes: &[u8]) -> String {
    let mut text = format!("{:016x}", check_sum(bytes));
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// Reads what [`write()`] wrote; `None` for anything else.
pub(super) fn read(text: &str) -> Option<Vec<u8>> {
    let (sum, body) = text.split_at_checked(16)?;
    let bytes: Option<Vec<u8>> = body
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let bytes = bytes?;
    (write(&bytes) == format!("{sum}{body}")).then_some(bytes)
}

/// FNV-1a: enough to notice an altered bit, and no protection against anybody.
fn check_sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
