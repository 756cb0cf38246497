//! Places of a text as bytes, as UTF-16 code units, and as lines and columns.
//!
//! Spans are bytes; editors in a browser, and language servers, count UTF-16 code units. Each line knows where it begins
//! in both, so that a query costs a search among the lines and a walk over one of them.

/// Converts places of one text.
#[derive(Clone, Debug)]
pub struct Positions<'t> {
    text: &'t str,
    /// Where each line begins: byte, and UTF-16 code unit.
    lines: Vec<(u32, u32)>,
}

impl<'t> Positions<'t> {
    /// Indexes the lines of a text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let (mut lines, mut units) = (vec![(0, 0)], 0);
        for (byte, c) in text.char_indices() {
            units += c.len_utf16() as u32;
            if c == '\n' {
                lines.push((byte as u32 + 1, units));
            }
        }
        Self { text, lines }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// UTF-16 code units before a byte. One within a character counts as its begin, one behind the text as its end.
    #[must_use]
    pub fn utf16(&self, byte: u32) -> u32 {
        let line = self.lines.partition_point(|(start, _)| *start <= byte) - 1;
        let (start, units) = self.lines[line];
        let within = self.text[start as usize..].char_indices();
        within
            .take_while(|(at, c)| start as usize + at + c.len_utf8() <= byte as usize)
            .fold(units, |units, (_, c)| units + c.len_utf16() as u32)
    }

    /// The byte at so many UTF-16 code units; between two halves of a character, its begin.
    #[must_use]
    pub fn byte(&self, utf16: u32) -> u32 {
        let line = self.lines.partition_point(|(_, units)| *units <= utf16) - 1;
        let (start, mut units) = self.lines[line];
        for (at, c) in self.text[start as usize..].char_indices() {
            units += c.len_utf16() as u32;
            if units > utf16 {
                return start + at as u32;
            }
        }
        self.text.len() as u32
    }

    /// Line and column of a byte, both from 1; columns count characters, as the command line does.
    #[must_use]
    pub fn line_column(&self, byte: u32) -> (u32, u32) {
        let line = self.lines.partition_point(|(start, _)| *start <= byte) - 1;
        let start = self.lines[line].0;
        let before = self.text[start as usize..].char_indices();
        let column = before.take_while(|(at, c)| start as usize + at + c.len_utf8() <= byte as usize).count();
        (line as u32 + 1, column as u32 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Positions;

    const TEXT: &str = "work 5µs\r\n// 🦀 é\nx";

    #[test]
    fn bytes_and_code_units_agree_at_every_character() {
        let positions = Positions::new(TEXT);
        let mut units = 0;
        for (byte, c) in TEXT.char_indices() {
            assert_eq!(positions.utf16(byte as u32), units);
            assert_eq!(positions.byte(units), byte as u32);
            units += c.len_utf16() as u32;
        }
        assert_eq!(positions.utf16(TEXT.len() as u32), units);
        assert_eq!(positions.byte(units), TEXT.len() as u32);
    }

    #[test]
    fn a_place_within_a_character_is_its_begin_and_one_behind_the_text_its_end() {
        let positions = Positions::new(TEXT);
        let crab = TEXT.find('🦀').unwrap() as u32;
        assert_eq!(positions.utf16(crab + 2), positions.utf16(crab));
        assert_eq!(positions.byte(positions.utf16(crab) + 1), crab);
        assert_eq!(positions.byte(u32::MAX), TEXT.len() as u32);
        assert_eq!(positions.utf16(u32::MAX), positions.utf16(TEXT.len() as u32));
        assert_eq!(Positions::new("").byte(0), 0);
        assert_eq!(Positions::new("").line_column(0), (1, 1));
    }

    #[test]
    fn lines_and_columns_begin_with_one_and_count_characters() {
        let positions = Positions::new(TEXT);
        assert_eq!(positions.line_column(0), (1, 1));
        assert_eq!(positions.line_column(TEXT.find("s\r").unwrap() as u32), (1, 8));
        assert_eq!(positions.line_column(TEXT.find('é').unwrap() as u32), (2, 6));
        assert_eq!(positions.line_column(TEXT.len() as u32), (3, 2));
    }

    #[test]
    fn they_are_those_of_the_command_line() {
        let (positions, source) = (Positions::new(TEXT), crate::syntax::span::Source::new("x", TEXT));
        for (byte, _) in TEXT.char_indices() {
            assert_eq!(positions.line_column(byte as u32), source.position(byte as u32));
        }
    }
}
