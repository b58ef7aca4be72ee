/* SPDX-License-Identifier: MIT */
#include HEADER

#include HEADER

int main(void)
{
    return 0;
}
