//! The cipher itself.

use std::fmt;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use chacha20::{R20, hchacha};
use zeroize::{Zeroize, Zeroizing};

/// How many random bytes each sealing takes: enough to never repeat.
const NONCE_LENGTH: usize = 24;

/// How many bytes authenticate a sealed value.
const TAG_LENGTH: usize = 16;

/// XChaCha20-Poly1305 under one derived key.
pub(crate) struct Cipher(Zeroizing<[u8; 32]>);

impl Cipher {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*key))
    }

    /// The header, nonce and ciphertext.
    pub(crate) fn seal(&self, header: &[u8], plaintext: &[u8], associated_data: &[u8]) -> Vec<u8> {
        let nonce = nonce();
        let open = header.len() + nonce.len();
        // Never moved, so that nothing of the plaintext is left behind.
        let mut sealed = Vec::with_capacity(open + plaintext.len() + TAG_LENGTH);
        for part in [header, &nonce, plaintext] {
            sealed.extend_from_slice(part);
        }
        let (key, nonce) = self.under(&nonce);
        let data = Aad::from(associated_data);
        let tag = key
            .seal_in_place_separate_tag(nonce, data, &mut sealed[open..])
            .expect("a secret is shorter than 256 GiB");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// What [`Self::seal`] was given, if what follows the header and the associated data are the same.
    pub(crate) fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
        let (ciphertext, tag) = sealed.split_last_chunk::<TAG_LENGTH>()?;
        let (key, nonce) = self.under(nonce);
        let data = Aad::from(associated_data);
        let mut plaintext = vec![0; ciphertext.len()];
        let opened = key.open_separate_gather(nonce, data, ciphertext, tag, &mut plaintext);
        opened.is_ok().then_some(plaintext)
    }

    /// The key and the nonce of ChaCha20-Poly1305 (RFC 8439) which make of it XChaCha20-Poly1305
    /// under this nonce: draft-irtf-cfrg-xchacha-03, section 2.3.
    fn under(&self, nonce: &[u8; NONCE_LENGTH]) -> (LessSafeKey, Nonce) {
        let (of_key, rest) = nonce.split_at(16);
        let of_key = of_key.try_into().expect("it has 16 bytes");
        let mut subkey = hchacha::<R20>((&*self.0).into(), of_key);
        let key = UnboundKey::new(&CHACHA20_POLY1305, &subkey).expect("it has 32 bytes");
        subkey.as_mut_slice().zeroize();
        let mut nonce = [0; NONCE_LEN];
        nonce[NONCE_LEN - rest.len()..].copy_from_slice(rest);
        (LessSafeKey::new(key), Nonce::assume_unique_for_key(nonce))
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher")
    }
}

/// Bytes from a generator of this thread, which the operating system's seeds again and again.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where nonces are drawn"
)]
fn nonce() -> [u8; NONCE_LENGTH] {
    let mut bytes = [0; NONCE_LENGTH];
    rand::fill(&mut bytes[..]);
    bytes
}

/// Bytes from the operating system's generator.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where keys are drawn"
)]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has a random number generator");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2);
        let pairs = pairs.map(|pair| str::from_utf8(pair).unwrap());
        pairs
            .map(|it| u8::from_str_radix(it, 16).unwrap())
            .collect()
    }

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn it_is_xchacha20_poly1305() {
        let key = bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
        let nonce = "404142434445464748494a4b4c4d4e4f5051525354555657";
        let associated_data = bytes("50515253c0c1c2c3c4c5c6c7");
        let ciphertext = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
            731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b9\
            82c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e";
        let tag = "c0875924c1c7987947deafd8780acf49";
        let sealed = bytes(&[nonce, ciphertext, tag].concat());
        let cipher = Cipher::new(&key.try_into().unwrap());
        let opened = cipher.open(&sealed, &associated_data).unwrap();
        assert_eq!(
            str::from_utf8(&opened).unwrap(),
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
             future, sunscreen would be it."
        );
        assert_eq!(cipher.open(&sealed, b""), None);
        assert_eq!(
            cipher.open(&sealed[..NONCE_LENGTH + 15], &associated_data),
            None
        );
    }
}
