SELECT tollwright_protect('job');
SELECT tollwright_protect('job_file');
SELECT tollwright_grant();  -- the queue's tables too: asking for work is part of the asker's transaction
