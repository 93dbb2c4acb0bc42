-- How far names have gone into the tables by which devices are found: of the keys above the row before, up to this one, those of
-- devices that stand in `device_unindexed` up to this number.
CREATE TABLE name_step (upto INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;
