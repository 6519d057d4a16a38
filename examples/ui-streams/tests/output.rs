//! The program prints what its README says.

example_check::prints_what_its_readme_says!();
