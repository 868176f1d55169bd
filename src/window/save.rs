//! The state of an operator as bytes, and back.
//!
//! What is written has no version and no checksum of its own: whoever keeps the bytes adds both, and makes sure
//! that they are read by an operator of the same query.

/// What can be written as bytes and read again.
pub(crate) trait Saved: Sized {
    /// Appends its bytes.
    fn save(&self, out: &mut Vec<u8>);
    /// Takes it from the front of some bytes; `None` where they are none of its.
    fn load(from: &mut &[u8]) -> Option<Self>;
}

macro_rules! number {
    ($($ty:ty),*) => {$(
        impl Saved for $ty {
            fn save(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn load(from: &mut &[u8]) -> Option<Self> {
                let (head, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(<$ty>::from_le_bytes(*head))
            }
        }
    )*};
}

number!(u8, u32, u64, i32, i64, i128);

impl Saved for usize {
    fn save(&self, out: &mut Vec<u8>) {
        (*self as u64).save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        u64::load(from)?.try_into().ok()
    }
}

impl Saved for bool {
    fn save(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        match u8::load(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl<T: Saved> Saved for Option<T> {
    fn save(&self, out: &mut Vec<u8>) {
        self.is_some().save(out);
        if let Some(value) = self {
            value.save(out);
        }
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        if bool::load(from)? { T::load(from).map(Some) } else { Some(None) }
    }
}

impl<T: Saved> Saved for Vec<T> {
    fn save(&self, out: &mut Vec<u8>) {
        self.len().save(out);
        self.iter().for_each(|item| item.save(out));
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let len = usize::load(from)?;
        // Every item takes a byte at least: no length makes memory of nothing.
        let mut all = Vec::with_capacity(len.min(from.len()));
        for _ in 0..len {
            all.push(T::load(from)?);
        }
        Some(all)
    }
}

impl<A: Saved, B: Saved> Saved for (A, B) {
    fn save(&self, out: &mut Vec<u8>) {
        self.0.save(out);
        self.1.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some((A::load(from)?, B::load(from)?))
    }
}

impl Saved for Box<[u8]> {
    fn save(&self, out: &mut Vec<u8>) {
        save_bytes(self, out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        load_bytes(from).map(Into::into)
    }
}

impl Saved for String {
    fn save(&self, out: &mut Vec<u8>) {
        save_bytes(self.as_bytes(), out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        String::from_utf8(load_bytes(from)?.to_vec()).ok()
    }
}

/// Appends bytes with their number before them.
pub(crate) fn save_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    bytes.len().save(out);
    out.extend_from_slice(bytes);
}

/// Takes what [`save_bytes`] wrote.
pub(crate) fn load_bytes<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::load(from)?;
    let (bytes, rest) = from.split_at_checked(len)?;
    *from = rest;
    Some(bytes)
}
