-- Format 3. The address of an owner, for requests that reach another process.

alter table session add column address text;
