//! The page.
//!
//! A place for it: the page will embed the compiler and run the very modules that the command line
//! runs. Until then this crate holds nothing, and nothing depends on it.
