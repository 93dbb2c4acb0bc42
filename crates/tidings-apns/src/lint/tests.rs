//! Every rule is found where it is broken, and nowhere else.
