//! Searching files for secrets.

use std::{path::PathBuf, process::Command};

/// The files in these folders in which one of these texts is, one a line. There may be very much in
/// them, for which a test itself is too slow a reader.
#[must_use]
pub fn files_with(folders: &[PathBuf], texts: &[String]) -> String {
    let mut grep = Command::new("grep");
    grep.args([
        "--recursive",
        "--text",
        "--fixed-strings",
        "--files-with-matches",
        "--no-messages",
    ]);
    grep.args(texts.iter().flat_map(|text| ["-e", text]));
    let ended = grep
        .args(folders)
        .env("LC_ALL", "C")
        .output()
        .expect("grep runs");
    String::from_utf8_lossy(&ended.stdout).into_owned()
}

/// A secret as it is, in hexadecimal, in base64.
#[must_use]
pub fn forms(secret: &str) -> Vec<String> {
    let hex: Vec<_> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.concat();
    let mut forms = vec![secret.to_owned(), hex.to_uppercase(), hex];
    // Base64 of a part depends on where it begins: of three places, less the blurred ends.
    forms.extend((0..3).map(|skipped| base64(&secret.as_bytes()[skipped..])));
    forms
}

/// Base64 of the whole groups of three bytes.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks_exact(3).flat_map(|group| {
        let number = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        [18, 12, 6, 0].map(|shift| char::from(ALPHABET[(number >> shift & 63) as usize]))
    });
    groups.collect()
}
