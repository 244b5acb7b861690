//! Seeded random numbers: uids and name suffixes, the same at every start.

/// Random number generator (SplitMix64), not for secrets.
#[derive(Clone, Debug)]
pub struct Rng(u64);

/// The characters of generated names: no vowels, so that no words appear
/// (`k8s.io/apimachinery/pkg/util/rand`).
const ALPHANUMS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

impl Rng {
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A random number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next_u64() % bound.max(1)
    }

    /// A version 4 UUID.
    pub fn uid(&mut self) -> String {
        let (high, low) = (self.next_u64(), self.next_u64());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 48) & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }

    /// The five random characters that `generateName` appends.
    pub fn suffix(&mut self) -> String {
        safe_text(self.next_u64(), 5)
    }
}

/// Hash of `text` in the alphabet of generated names, as in `pod-template-hash`.
pub fn template_hash(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    safe_text(mix(hash), 10)
}

fn safe_text(mut number: u64, length: usize) -> String {
    let base = ALPHANUMS.len() as u64;
    std::iter::repeat_with(|| {
        let index = usize::try_from(number % base).expect("below the alphabet's length");
        number /= base;
        char::from(*ALPHANUMS.get(index).expect("below the alphabet's length"))
    })
    .take(length)
    .collect()
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_world() {
        let (mut one, mut two) = (Rng::seeded(7), Rng::seeded(7));
        assert_eq!(one.uid(), two.uid());
        assert_eq!(one.suffix(), two.suffix());
        assert_ne!(one.suffix(), one.suffix());
    }

    #[test]
    fn a_uid_has_the_form_of_a_uuid() {
        let uid = Rng::seeded(1).uid();
        let parts: Vec<usize> = uid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert!(uid.split('-').nth(2).unwrap().starts_with('4'));
    }
}
