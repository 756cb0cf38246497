//! A text and how it is looked at, as the fragment of an address: what a shared link holds.
//!
//! ```text
//! #1.<base64url of zlib of the content>
//! ```
//!
//! The number says how the rest is read, for ever: whoever writes version 2 still reads version 1. Nothing is sent to anyone, because
//! a fragment stays in the browser. Reading never panics, and takes no more memory than [`TEXT_MAX`] allows, whatever it is given.
//!
//! Browsers have zlib of their own. So a link is made in two steps, [`content`] and [`fragment`], and read in two,
//! [`packed`] and [`opened`]; who has zlib here goes through both with [`encode`] and [`decode`].
//!
//! Content of version 1, before zlib, whose checksum shows what was changed on the way: fields, each a tag byte, the length of its value as a little-endian `u32`, and the value. `S` is the
//! source (UTF-8, exactly once); `N` the scenario's name; `R` the seed (`u64`, little-endian); `I` an input, `path=value`, any
//! number of them, in order; `L` a line that the scenario's block gets, `at 12s inject flush on redis`, any number of them, in order; `T` the time looked at in nanoseconds (`u64`); `V` the view, a word of the page's own. A field with another tag is
//! skipped, so that links may learn to say more within a version.

#[cfg(feature = "zlib")]
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use std::fmt;
#[cfg(feature = "zlib")]
use std::io::{Read as _, Write as _};

/// Version that is written.
pub const VERSION: u32 = 1;
/// Longest fragment, in bytes: what addresses may have in every browser, chat and mail that was looked at.
pub const FRAGMENT_MAX: usize = 64 * 1024;
/// Longest content, in bytes.
pub const TEXT_MAX: usize = 1 << 20;
/// Longest name, input or view, in bytes; most inputs.
const FIELD_MAX: usize = 4_096;
const INPUTS_MAX: usize = 256;

/// What a link holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The text of the language.
    pub source: String,
    /// The scenario. `None`: the first.
    pub scenario: Option<String>,
    /// The seed. `None`: the scenario's own.
    pub seed: Option<u64>,
    /// Parameters and properties, as `--set` has them: path and value.
    pub inputs: Vec<(String, String)>,
    /// Lines that the scenario's block gets: what was done to a run while it went.
    pub lines: Vec<String>,
    /// The time that is looked at, in nanoseconds from the begin.
    pub time_ns: Option<u64>,
    /// What is looked at: a word of the page's own.
    pub view: Option<String>,
}

/// Why there is no link, or none can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareError {
    /// It would be longer than [`FRAGMENT_MAX`]: so many bytes.
    TooLong(usize),
    /// Its content is larger than [`TEXT_MAX`].
    TooLarge,
    /// A name, an input, a line or the view is longer than 4,096 bytes, or there are more than 256 inputs or lines.
    FieldTooLarge,
    /// The path of an input holds a `=`.
    Input,
    /// It does not begin with a version and a point.
    NoVersion,
    /// It was written by a later version than this one.
    Version(u32),
    /// A letter that no link has, at this place.
    Letter(usize),
    /// What it holds is cut short or was changed.
    Damaged,
    /// It holds no source.
    NoSource,
}

impl fmt::Display for ShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ShareError::TooLong(bytes) => {
                write!(f, "a link to it has {bytes} bytes, the limit is {FRAGMENT_MAX}: share the file instead")
            }
            ShareError::TooLarge => write!(f, "a link holds at most {TEXT_MAX} bytes of text"),
            ShareError::FieldTooLarge => {
                write!(f, "a link holds at most {INPUTS_MAX} inputs and lines, each of at most {FIELD_MAX} bytes")
            }
            ShareError::Input => write!(f, "the path of an input holds no `=`"),
            ShareError::NoVersion => write!(f, "a link begins with its version and a point, as in `#1.`"),
            ShareError::Version(version) => {
                write!(f, "the link is of version {version}, this sysdl reads up to {VERSION}: update it")
            }
            ShareError::Letter(at) => {
                write!(f, "the link has a letter at {at} that no link has: was it cut or changed?")
            }
            ShareError::Damaged => write!(f, "the link is damaged: copy all of it, to its last letter"),
            ShareError::NoSource => write!(f, "the link holds no text"),
        }
    }
}

impl std::error::Error for ShareError {}

/// The fragment of a link, with its `#`.
///
/// # Errors
/// If it is too long, or something in it too large.
#[cfg(feature = "zlib")]
pub fn encode(share: &Share) -> Result<String, ShareError> {
    let content = content(share)?;
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    fragment(&encoder.write_all(&content).and_then(|()| encoder.finish()).map_err(|_| ShareError::Damaged)?)
}

/// What a fragment holds; its `#`, and an address before it, may be there or not.
///
/// # Errors
/// Why it cannot be read.
#[cfg(feature = "zlib")]
pub fn decode(fragment: &str) -> Result<Share, ShareError> {
    let packed = packed(fragment)?;
    let mut content = Vec::new();
    let mut decoder = ZlibDecoder::new(packed.as_slice());
    // A byte more shows that it is too large, however far the rest would inflate.
    decoder.by_ref().take(TEXT_MAX as u64 + 1).read_to_end(&mut content).map_err(|_| ShareError::Damaged)?;
    if content.len() <= TEXT_MAX && decoder.total_in() != packed.len() as u64 {
        return Err(ShareError::Damaged);
    }
    opened(&content)
}

/// The fragment of a link whose content zlib has packed.
///
/// # Errors
/// If it is too long.
pub fn fragment(packed: &[u8]) -> Result<String, ShareError> {
    let fragment = format!("#{VERSION}.{}", letters(packed));
    if fragment.len() > FRAGMENT_MAX { Err(ShareError::TooLong(fragment.len())) } else { Ok(fragment) }
}

/// What zlib packed, of a fragment as [`decode`] takes it.
///
/// # Errors
/// Why it cannot be read.
pub fn packed(fragment: &str) -> Result<Vec<u8>, ShareError> {
    let fragment = fragment.rsplit_once('#').map_or(fragment, |(_, behind)| behind).trim();
    if fragment.len() > FRAGMENT_MAX {
        return Err(ShareError::TooLong(fragment.len()));
    }
    let (version, rest) = fragment.split_once('.').ok_or(ShareError::NoVersion)?;
    match version.parse().map_err(|_| ShareError::NoVersion)? {
        1 => bytes(rest),
        other => Err(ShareError::Version(other)),
    }
}

/// What a content says.
///
/// # Errors
/// Why it cannot be read.
pub fn opened(content: &[u8]) -> Result<Share, ShareError> {
    if content.len() > TEXT_MAX { Err(ShareError::TooLarge) } else { fields(content) }
}

/// The content of a link, before zlib packs it.
///
/// # Errors
/// If something in it is too large.
pub fn content(share: &Share) -> Result<Vec<u8>, ShareError> {
    let mut content = Vec::new();
    let mut put = |tag: u8, value: &[u8]| {
        content.push(tag);
        content.extend_from_slice(&(value.len().min(u32::MAX as usize) as u32).to_le_bytes());
        content.extend_from_slice(value);
    };
    let inputs: Vec<String> = share.inputs.iter().map(|(path, value)| format!("{path}={value}")).collect();
    let short =
        share.scenario.iter().chain(&share.view).chain(&inputs).chain(&share.lines).all(|text| text.len() <= FIELD_MAX);
    if !short || inputs.len() > INPUTS_MAX || share.lines.len() > INPUTS_MAX {
        return Err(ShareError::FieldTooLarge);
    }
    if share.inputs.iter().any(|(path, _)| path.contains('=')) {
        return Err(ShareError::Input);
    }
    put(b'S', share.source.as_bytes());
    share.scenario.iter().for_each(|name| put(b'N', name.as_bytes()));
    share.seed.iter().for_each(|seed| put(b'R', &seed.to_le_bytes()));
    inputs.iter().for_each(|input| put(b'I', input.as_bytes()));
    share.lines.iter().for_each(|line| put(b'L', line.as_bytes()));
    share.time_ns.iter().for_each(|time| put(b'T', &time.to_le_bytes()));
    share.view.iter().for_each(|view| put(b'V', view.as_bytes()));
    if content.len() > TEXT_MAX { Err(ShareError::TooLarge) } else { Ok(content) }
}

fn fields(mut content: &[u8]) -> Result<Share, ShareError> {
    let mut share = Share::default();
    let mut source = None;
    while let Some((tag, rest)) = content.split_first() {
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(ShareError::Damaged)?;
        let (value, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(ShareError::Damaged)?;
        content = rest;
        let text = || std::str::from_utf8(value).map(str::to_owned).map_err(|_| ShareError::Damaged);
        let small = || if value.len() > FIELD_MAX { Err(ShareError::FieldTooLarge) } else { text() };
        let number = || <[u8; 8]>::try_from(value).map(u64::from_le_bytes).map_err(|_| ShareError::Damaged);
        match tag {
            b'S' if source.is_some() => return Err(ShareError::Damaged),
            b'S' => source = Some(text()?),
            b'N' => share.scenario = Some(small()?),
            b'R' => share.seed = Some(number()?),
            b'I' if share.inputs.len() == INPUTS_MAX => return Err(ShareError::FieldTooLarge),
            b'I' => {
                let input = small()?;
                let (path, value) = input.split_once('=').ok_or(ShareError::Damaged)?;
                share.inputs.push((path.to_owned(), value.to_owned()));
            }
            b'L' if share.lines.len() == INPUTS_MAX => return Err(ShareError::FieldTooLarge),
            b'L' => share.lines.push(small()?),
            b'T' => share.time_ns = Some(number()?),
            b'V' => share.view = Some(small()?),
            _ => {}
        }
    }
    share.source = source.ok_or(ShareError::NoSource)?;
    Ok(share)
}

/// The letters of base64url (RFC 4648, section 5), without padding.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn letters(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0u32, |word, (i, &byte)| word | u32::from(byte) << (16 - 8 * i));
        for i in 0..=chunk.len() {
            text.push(LETTERS[(word >> (18 - 6 * i) & 63) as usize] as char);
        }
    }
    text
}

fn bytes(letters: &str) -> Result<Vec<u8>, ShareError> {
    let mut bytes = Vec::with_capacity(letters.len() / 4 * 3 + 2);
    let (mut word, mut bits) = (0u32, 0);
    for (at, letter) in letters.bytes().enumerate() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return Err(ShareError::Letter(at)),
        };
        word = word << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    // One letter alone is no byte; bits behind the last byte are zero, so that a link has one form.
    if bits >= 6 || word != 0 { Err(ShareError::Damaged) } else { Ok(bytes) }
}
