//! The body of an answer, as it arrives: of a known length, in chunks, or up to the end of the connection.

use httparse::Status;

/// Why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The length of a chunk is no number.
    #[error("the answer has a chunk without a length")]
    Chunk,
    /// The connection ended amid the body.
    #[error("the answer ended too early")]
    Truncated,
}

/// Decodes a body piece by piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoder {
    /// So many bytes are to come.
    Length(u64),
    /// Everything up to the end of the connection.
    UntilClosed,
    /// Chunks with their lengths.
    Chunked(Chunked),
}

/// Where in a body of chunks the decoder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunked {
    /// At the line with a length, of which these bytes arrived.
    Head(Vec<u8>),
    /// So many bytes of a chunk are to come.
    Data(u64),
    /// So many bytes of the line's end behind a chunk.
    LineEnd(u8),
    /// Behind the last chunk. Trailers are not looked at.
    End,
}

/// A chunk's length with its extensions is no longer.
const MOST_CHUNK_HEAD: usize = 256;

impl Decoder {
    /// A decoder for a body of chunks.
    pub fn chunked() -> Self {
        Self::Chunked(Chunked::Head(Vec::new()))
    }

    /// Whether the body has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunked::End))
    }

    /// Decodes the next bytes of the connection, and appends what they bring to `out`.
    pub fn feed(&mut self, mut input: &[u8], out: &mut Vec<u8>) -> Result<(), BodyError> {
        while !input.is_empty() && !self.has_ended() {
            input = self.step(input, out)?;
        }
        Ok(())
    }

    /// The connection ended.
    pub fn close(&self) -> Result<(), BodyError> {
        match self.has_ended() || *self == Self::UntilClosed {
            true => Ok(()),
            false => Err(BodyError::Truncated),
        }
    }

    /// Takes some bytes, at least one, and returns the rest.
    fn step<'a>(&mut self, input: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], BodyError> {
        let mut take = |left: u64| {
            let length = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
            out.extend_from_slice(&input[..length]);
            (left - length as u64, &input[length..])
        };
        let (next, rest) = match self {
            Self::UntilClosed => {
                out.extend_from_slice(input);
                return Ok(&[]);
            }
            Self::Length(left) => {
                let (left, rest) = take(*left);
                (Self::Length(left), rest)
            }
            Self::Chunked(Chunked::Data(left)) => match take(*left) {
                (0, rest) => (Self::Chunked(Chunked::LineEnd(2)), rest),
                (left, rest) => (Self::Chunked(Chunked::Data(left)), rest),
            },
            Self::Chunked(Chunked::LineEnd(1)) => (Self::chunked(), &input[1..]),
            Self::Chunked(Chunked::LineEnd(left)) => {
                (Self::Chunked(Chunked::LineEnd(*left - 1)), &input[1..])
            }
            Self::Chunked(Chunked::Head(line)) => {
                line.push(input[0]);
                let state = match httparse::parse_chunk_size(line) {
                    Ok(Status::Complete((_, 0))) => Chunked::End,
                    Ok(Status::Complete((_, length))) => Chunked::Data(length),
                    Ok(Status::Partial) if line.len() < MOST_CHUNK_HEAD => {
                        return Ok(&input[1..]);
                    }
                    _ => return Err(BodyError::Chunk),
                };
                (Self::Chunked(state), &input[1..])
            }
            Self::Chunked(Chunked::End) => return Ok(&[]),
        };
        *self = next;
        Ok(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `input` in pieces of `size` bytes.
    fn decode(mut decoder: Decoder, input: &[u8], size: usize) -> Result<Vec<u8>, BodyError> {
        let mut out = Vec::new();
        for piece in input.chunks(size) {
            decoder.feed(piece, &mut out)?;
        }
        decoder.close().map(|()| out)
    }

    #[test]
    fn chunks_are_joined_however_they_arrive() {
        let input = b"5\r\nhello\r\n1;extension=1\r\n,\r\nA\r\n 12345678\n\r\n0\r\n\r\n";
        for size in 1..=input.len() {
            let out = decode(Decoder::chunked(), input, size);
            assert_eq!(out.as_deref(), Ok(&b"hello, 12345678\n"[..]), "{size}");
        }
    }

    #[test]
    fn a_body_of_a_length_ends_with_it() {
        assert_eq!(
            decode(Decoder::Length(3), b"abcdef", 2).as_deref(),
            Ok(&b"abc"[..])
        );
        assert_eq!(
            decode(Decoder::Length(4), b"abc", 2),
            Err(BodyError::Truncated)
        );
    }

    #[test]
    fn a_body_without_a_length_ends_with_the_connection() {
        assert_eq!(
            decode(Decoder::UntilClosed, b"abc", 2).as_deref(),
            Ok(&b"abc"[..])
        );
    }

    #[test]
    fn bad_chunks_are_refused() {
        for input in [&b"zz\r\n"[..], b"fffffffffffffffff\r\n", &[b'1'; 300]] {
            assert_eq!(decode(Decoder::chunked(), input, 7), Err(BodyError::Chunk));
        }
        assert_eq!(
            decode(Decoder::chunked(), b"5\r\nhel", 7),
            Err(BodyError::Truncated)
        );
    }
}
